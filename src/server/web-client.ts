import { fileURLToPath } from 'node:url';
import { AppError } from '../lib/app-error.ts';
import { entityTag } from '../lib/entity-tag.ts';
import type { WebClient } from './routes/web.ts';
import type { StaticFile } from './static-file.ts';
import type { BundledFile } from './web-bundle.ts';

const BUNDLER = fileURLToPath(new URL('./web-bundle.ts', import.meta.url));

/** Bundles `src/web` into memory, in a process of its own; takes some hundred ms. @throws AppError `internal` when it does not build */
export async function buildWebClient(): Promise<WebClient> {
  // Ctrl-C on the terminal is for this process, which decides about its end.
  const options = { detached: true, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' } as const;
  const child = Bun.spawn([process.execPath, BUNDLER], options);
  const [output, errors, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exitCode !== 0) throw new AppError('internal', `the web client does not build:\n${errors}`);
  const bundled: BundledFile[] = JSON.parse(output);
  const files = new Map<string, StaticFile>();
  let page: StaticFile | undefined;
  for (const { path, contentType, base64 } of bundled) {
    const body = new Uint8Array(Buffer.from(base64, 'base64'));
    const asset = { body, contentType, etag: entityTag(body) };
    if (path.endsWith('.html')) page = asset;
    else files.set(path, asset);
  }
  if (page === undefined) throw new AppError('internal', 'the web client has no page');
  return { page, files };
}
