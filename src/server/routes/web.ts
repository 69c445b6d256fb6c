import { Hono } from 'hono';
import { noneMatch } from '../entity-tag.ts';

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

/** The page at `/` and at the address of each order, and the files it loads. */
export function webRoutes(web: WebClient): Hono {
  const app = new Hono();
  for (const path of ['/', '/orders/:order_uid']) {
    app.get(path, (c) => respond(web.page, c.req.header('if-none-match'), 'no-cache'));
  }
  for (const [path, file] of web.files) {
    app.get(path, (c) => respond(file, c.req.header('if-none-match'), 'public, max-age=31536000, immutable'));
  }
  return app;
}

function respond(asset: WebAsset, ifNoneMatch: string | undefined, cacheControl: string): Response {
  const headers = { etag: asset.etag, 'cache-control': cacheControl };
  if (noneMatch(ifNoneMatch, asset.etag)) return new Response(null, { status: 304, headers });
  return new Response(asset.body, { headers: { ...headers, 'content-type': asset.contentType } });
}
