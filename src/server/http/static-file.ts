import Type, { type TObject } from 'typebox';
import { pause } from '../../lib/backoff.ts';
import { noneMatch } from '../../lib/entity-tag.ts';
import { chooseEncoding, ENCODINGS, type Encoding, encode } from './encodings.ts';
import { type Endpoint, type EndpointSpec, endpoint } from './endpoint.ts';
import type { PlainReply } from './reply.ts';

/** A file in memory. */
export interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** Strong. */
  readonly etag: string;
}

export interface StaticOptions {
  /** Headers beside type, tag and coding. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a path with parameters. */
  readonly params?: TObject;
  /** Its description in the OpenAPI document; left out of it when absent. */
  readonly described?: Pick<EndpointSpec, 'operationId' | 'summary' | 'tag' | 'access' | 'responses'>;
}

/** Shorter files are not worth encoding. */
const LEAST_BYTES = 1_024;
/** How long a request waits for a file to be encoded, ms. */
const CODING_PATIENCE_MS = 1_000;
const AnyQuerySchema = Type.Object({}, { additionalProperties: true });
const HeadersSchema = Type.Object({
  'if-none-match': Type.Optional(Type.String()),
  'accept-encoding': Type.Optional(Type.String()),
});

/** Serves a file at a path, in the best coding the client takes: each is made on first use, and kept. */
export function staticEndpoint(path: string, file: StaticFile, options: StaticOptions): Endpoint {
  const { contentType } = file;
  const offered = isText(contentType) && file.body.length >= LEAST_BYTES ? ENCODINGS : [];
  const plain = variantOf(file, file.body, undefined, options.headers, offered.length > 0);
  const made = new Map<Encoding, Promise<Variant>>();
  const inCoding = (encoding: Encoding): Promise<Variant> => {
    const known = made.get(encoding);
    if (known !== undefined) return known;
    const making = encode(file.body, encoding).then((body) => variantOf(file, body, encoding, options.headers, true));
    made.set(encoding, making);
    return making;
  };
  return endpoint(
    {
      method: 'get',
      path,
      operationId: path,
      summary: 'A file',
      tag: 'files',
      access: 'open',
      params: options.params ?? Type.Object({}),
      query: options.described === undefined ? AnyQuerySchema : Type.Object({}),
      headers: HeadersSchema,
      responses: {
        200: { description: 'The file', contentTypes: [contentType] },
        304: { description: 'Unchanged' },
      },
      ...(options.described ?? { undocumented: true }),
    },
    async ({ headers }) => {
      const encoding = chooseEncoding(headers['accept-encoding'], offered);
      // Encoding a long file on a busy machine takes time: clients that ask meanwhile get it as it is.
      const { etag, full, same } =
        encoding === undefined
          ? plain
          : ((await Promise.race([inCoding(encoding), pause(CODING_PATIENCE_MS)])) ?? plain);
      return noneMatch(headers['if-none-match'], etag) ? same : full;
    },
  );
}

interface Variant {
  readonly etag: string;
  readonly full: PlainReply<200>;
  readonly same: PlainReply<304>;
}

function variantOf(
  file: StaticFile,
  body: Uint8Array<ArrayBuffer>,
  encoding: Encoding | undefined,
  more: Readonly<Record<string, string>>,
  varies: boolean,
): Variant {
  // A strong tag is of the bytes as they are sent.
  const etag = encoding === undefined ? file.etag : file.etag.replace(/"$/, `-${encoding}"`);
  const headers = { ...more, etag, ...(varies && { vary: 'accept-encoding' }) };
  const type = { 'content-type': file.contentType, ...(encoding && { 'content-encoding': encoding }) };
  return {
    etag,
    full: { status: 200, body, headers: { ...headers, ...type } },
    same: { status: 304, headers },
  };
}

function isText(contentType: string): boolean {
  return /^text\/|json|javascript|svg/.test(contentType);
}
