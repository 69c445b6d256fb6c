import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../lib/app-error.ts';
import { entityTag } from '../../lib/entity-tag.ts';
import { ownProcess } from '../../lib/own-process.ts';
import type { StaticFile } from '../http/static-file.ts';
import type { WebClient } from './web.ts';
import type { BundledFile } from './web-bundle.ts';

const BUNDLER = fileURLToPath(new URL('./web-bundle.ts', import.meta.url));

/** A bundle that several processes share: the first one makes it, the others have it from the file. */
export interface SharedBundle {
  readonly file: string;
  readonly first: boolean;
}

/**
 * Bundles `src/web` into memory, in a process of its own; takes some hundred ms, or next to nothing where another process has done it.
 * @throws AppError `internal` when it does not build
 */
export async function buildWebClient(shared?: SharedBundle): Promise<WebClient> {
  if (shared === undefined) return webClientOf(await bundle());
  if (!shared.first) {
    // It is there before the others are started; without it each can do the work itself.
    const made = await readFile(shared.file, 'utf8').catch(() => undefined);
    return webClientOf(made ?? (await bundle()));
  }
  const made = await bundle();
  await writeFile(shared.file, made);
  return webClientOf(made);
}

/** `BundledFile[]` as JSON. */
async function bundle(): Promise<string> {
  // Ctrl-C on the terminal is for this process, which decides about its end.
  const options = { detached: true, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' } as const;
  // Bundling takes the settings of the folder it runs in.
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
