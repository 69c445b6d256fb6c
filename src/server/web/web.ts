import Type from 'typebox';
import { entityTag } from '../../lib/entity-tag.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { HTML_HEADERS } from '../http/reply.ts';
import { type StaticFile, staticEndpoint } from '../http/static-file.ts';

/** The web client: its page, and its files by URL path. File names carry a hash of their content. */
export interface WebClient {
  readonly page: StaticFile;
  /** The page that shows the OpenAPI document. */
  readonly docs: StaticFile;
  readonly files: ReadonlyMap<string, StaticFile>;
}

/** The pages of the web client, beside those of single orders: `src/web/app/pages.tsx`. */
export const WEB_PATHS = [
  '/',
  '/orders',
  '/generator',
  '/messages',
  '/dead-letters',
  '/cache',
  '/proof',
  '/chaos',
] as const;

/** Scalar adds styles to the page, loads images from data: URLs, and writes sanitized HTML where Trusted Types would forbid it. */
const DOCS_POLICY = HTML_HEADERS['content-security-policy']
  .replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
  .replace("img-src 'self'", "img-src 'self' data:")
  .replace("; require-trusted-types-for 'script'", '');

/** The page at each of its addresses, and the files it loads. */
export function webEndpoints(web: WebClient): Endpoint[] {
  const params = Type.Object({ order_uid: Type.String() });
  const page = { ...HTML_HEADERS, 'cache-control': 'no-cache' };
  const nested = { ...web.page, ...filesAbove(web.page) };
  const kept = { 'cache-control': 'public, max-age=31536000, immutable' };
  return [
    ...WEB_PATHS.map((path) => staticEndpoint(path, web.page, { headers: page })),
    staticEndpoint('/orders/{order_uid}', nested, { headers: page, params }),
    staticEndpoint('/docs', web.docs, { headers: { ...page, 'content-security-policy': DOCS_POLICY } }),
    ...[...web.files].map(([path, file]) => staticEndpoint(path, file, { headers: kept })),
  ];
}

/** The page one folder deeper. It refers to its files relative to its own address, so that it works at any path a proxy gives it. */
function filesAbove({ body }: StaticFile): Pick<StaticFile, 'body' | 'etag'> {
  const text = new TextDecoder().decode(body).replace(/((?:href|src)=")\.\//g, '$1../');
  const changed = new TextEncoder().encode(text);
  return { body: changed, etag: entityTag(changed) };
}
