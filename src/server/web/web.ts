import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import Type from 'typebox';
import { AppError } from '../../lib/app-error.ts';
import { entityTag } from '../../lib/entity-tag.ts';
import { ownProcess } from '../../lib/own-process.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { HTML_HEADERS } from '../http/reply.ts';
import { type StaticFile, staticEndpoint } from '../http/static-file.ts';
import type { BundledFile } from './web-bundle.ts';

/** The web client: its page, and its files by URL path. File names carry a hash of their content. */
export interface WebClient {
  readonly page: StaticFile;
  /** The page that shows the OpenAPI document. */
  readonly docs: StaticFile;
  readonly files: ReadonlyMap<string, StaticFile>;
}

const BUNDLER = fileURLToPath(new URL('./web-bundle.ts', import.meta.url));

/** The pages of the web client, beside those of single orders: `src/web/app/pages.tsx`. */
const WEB_PATHS = ['/', '/orders', '/generator', '/messages', '/dead-letters', '/cache', '/proof', '/chaos'] as const;

/**
 * Scalar adds styles to the page, loads images from data: URLs, and writes sanitized HTML where Trusted Types would
 * forbid it.
 */
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

/**
 * The page one folder deeper. It refers to its files relative to its own address, so that it works at any path a proxy
 * gives it.
 */
function filesAbove({ body }: StaticFile): Pick<StaticFile, 'body' | 'etag'> {
  const text = new TextDecoder().decode(body).replace(/((?:href|src)=")\.\//g, '$1../');
  const changed = new TextEncoder().encode(text);
  return { body: changed, etag: entityTag(changed) };
}

/** A bundle that several processes share: the first one makes it, the others read it from the file. */
export interface SharedBundle {
  readonly file: string;
  readonly first: boolean;
}

/**
 * Bundles `src/web` into memory, in a process of its own; takes some hundred ms, or almost no time if another process
 * has done it. @throws AppError `internal` when it does not build
 */
export async function buildWebClient(shared?: SharedBundle): Promise<WebClient> {
  if (shared === undefined) return webClientOf(await bundle());
  if (!shared.first) {
    // The first process writes it before it starts the others; without it each can do the work itself.
    const made = await readFile(shared.file, 'utf8').catch(() => undefined);
    return webClientOf(made ?? (await bundle()));
  }
  const made = await bundle();
  await writeFile(shared.file, made);
  return webClientOf(made);
}

/** `BundledFile[]` as JSON. */
async function bundle(): Promise<string> {
  // Ctrl-C on the terminal is for this process, which decides when the child ends.
  const options = { detached: true, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' } as const;
  // The bundler reads the settings of the folder it runs in.
  const child = Bun.spawn(ownProcess(BUNDLER), { ...options, cwd: dirname(BUNDLER) });
  const [output, errors, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exitCode !== 0) throw new AppError('internal', `the web client does not build:\n${errors}`);
  return output;
}

function webClientOf(bundle: string): WebClient {
  const bundled: BundledFile[] = JSON.parse(bundle);
  const files = new Map<string, StaticFile>();
  const pages = new Map<string, StaticFile>();
  for (const { path, contentType, base64 } of bundled) {
    const body = new Uint8Array(Buffer.from(base64, 'base64'));
    const asset = { body, contentType, etag: entityTag(body) };
    (path.endsWith('.html') ? pages : files).set(path, asset);
  }
  const [page, docs] = [pages.get('/index.html'), pages.get('/docs.html')];
  if (page === undefined || docs === undefined) throw new AppError('internal', 'the web client has no page');
  return { page, docs, files };
}
