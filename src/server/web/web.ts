import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Type from 'typebox';
import { AppError } from '../../lib/app-error.ts';
import { entityTag } from '../../lib/entity-tag.ts';
import { EXECUTABLE } from '../../lib/own-process.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { HTML_HEADERS, type PlainReply } from '../http/reply.ts';
import { type StaticFile, staticEndpoint } from '../http/static-file.ts';
import type { BundledFile } from './web-bundle.ts';

/** The web client: its page, and its files by URL path. File names carry a hash of their content. */
export interface WebClient {
  readonly page: StaticFile;
  /** The page that shows the OpenAPI document. */
  readonly docs: StaticFile;
  readonly files: ReadonlyMap<string, StaticFile>;
}

/** The bundle that `make build` has made; in a checkout there is none. */
const BUILT = join(import.meta.dirname, 'web.json');

/** The pages of the web client, beside those of one of something: `src/web/app/pages.tsx`. */
const WEB_PATHS = [
  '/',
  '/orders',
  '/generator',
  '/readers',
  '/messages',
  '/dead-letters',
  '/cache',
  '/proof',
  '/chaos',
] as const;
const FOLDERS = ['/orders', '/topics', '/groups'] as const;

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
  const params = Type.Object({ name: Type.String() });
  const page = { ...HTML_HEADERS, 'cache-control': 'no-cache' };
  const below = pageBelow(web, '/orders/x');
  const nested = { ...web.page, body: below, etag: entityTag(below) };
  const kept = { 'cache-control': 'public, max-age=31536000, immutable' };
  return [
    ...WEB_PATHS.map((path) => staticEndpoint(path, web.page, { headers: page })),
    ...FOLDERS.map((path) => staticEndpoint(`${path}/{name}`, nested, { headers: page, params })),
    staticEndpoint('/docs', web.docs, { headers: { ...page, 'content-security-policy': DOCS_POLICY } }),
    ...[...web.files].map(([path, file]) => staticEndpoint(path, file, { headers: kept })),
  ];
}

/** The page at a path where there is nothing: it says so. Undefined for a path of the API. */
export function lostPage(web: WebClient, path: string): PlainReply<404> | undefined {
  if (path.startsWith('/api/')) return undefined;
  const headers = { ...HTML_HEADERS, 'cache-control': 'no-cache', 'content-type': web.page.contentType };
  return { status: 404, headers, body: pageBelow(web, path) };
}

/**
 * The page as it is at a path. It refers to its files relative to its own address, so that it works at any path a proxy
 * gives it.
 */
function pageBelow({ page }: WebClient, path: string): Uint8Array<ArrayBuffer> {
  const up = '../'.repeat(path.split('/').length - 2) || './';
  return new TextEncoder().encode(new TextDecoder().decode(page.body).replace(/((?:href|src)=")\.\//g, `$1${up}`));
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
  // The first process writes it before it starts the others; without it each can do the work itself.
  const made = (await textOf(BUILT)) ?? (shared?.first === false ? await textOf(shared.file) : undefined);
  if (made !== undefined) return webClientOf(made);
  const bundled = await bundle();
  if (shared?.first === true) await writeFile(shared.file, bundled);
  return webClientOf(bundled);
}

/** Undefined for a file that is not there. */
function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

/** `BundledFile[]` as JSON. */
async function bundle(): Promise<string> {
  // Ctrl-C on the terminal is for this process, which decides when the child ends.
  const options = { detached: true, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' } as const;
  // The bundler reads the settings of the folder it runs in.
  const child = Bun.spawn([EXECUTABLE, 'web-bundle'], { ...options, cwd: import.meta.dirname });
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
