import Type, { type TObject } from 'typebox';
import { type Endpoint, endpoint } from '../endpoint.ts';
import { noneMatch } from '../entity-tag.ts';
import { HTML_HEADERS, type Reply } from '../reply.ts';

/** A file of the web client, in memory. */
export interface WebAsset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly etag: string;
}

/** The web client: its page, and its files by URL path. File names carry a hash of their content. */
export interface WebClient {
  readonly page: WebAsset;
  readonly files: ReadonlyMap<string, WebAsset>;
}

const AnyQuerySchema = Type.Object({}, { additionalProperties: true });

/** The page at `/` and at the address of each order, and the files it loads. */
export function webEndpoints(web: WebClient): Endpoint[] {
  const order = Type.Object({ order_uid: Type.String() });
  const page = { ...HTML_HEADERS, 'cache-control': 'no-cache' };
  return [
    asset('/', web.page, page),
    asset('/orders/{order_uid}', web.page, page, order),
    ...[...web.files].map(([path, file]) =>
      asset(path, file, { 'cache-control': 'public, max-age=31536000, immutable' }),
    ),
  ];
}

function asset(
  path: string,
  file: WebAsset,
  more: Readonly<Record<string, string>>,
  params: TObject = Type.Object({}),
): Endpoint {
  const headers = { ...more, etag: file.etag };
  const full: Reply<200 | 304> = {
    status: 200,
    body: file.body,
    headers: { ...headers, 'content-type': file.contentType },
  };
  return endpoint(
    {
      method: 'get',
      path,
      operationId: path,
      summary: 'A file of the web console',
      tag: 'web',
      access: 'open',
      params,
      query: AnyQuerySchema,
      headers: Type.Object({ 'if-none-match': Type.Optional(Type.String()) }),
      responses: {
        200: { description: 'The file', contentTypes: [file.contentType] },
        304: { description: 'As it was' },
      },
      undocumented: true,
    },
    ({ headers: given }) => (noneMatch(given['if-none-match'], file.etag) ? { status: 304, headers } : full),
  );
}
