import { fileURLToPath } from 'node:url';
import { AppError } from '../lib/app-error.ts';
import { entityTag } from '../lib/entity-tag.ts';
import type { WebClient } from './routes/web.ts';
import type { StaticFile } from './static-file.ts';

/** Bundles `src/web` into memory, minified; takes some hundred ms. @throws AppError `internal` when it does not build */
export async function buildWebClient(): Promise<WebClient> {
  const entry = fileURLToPath(new URL('../web/index.html', import.meta.url));
  const built = await Bun.build({
    entrypoints: [entry],
    target: 'browser',
    minify: true,
    // A page of the console comes when it is first opened.
    splitting: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    publicPath: '/',
    jsx: { runtime: 'automatic', importSource: 'react', development: false },
    naming: { chunk: 'assets/[name]-[hash].[ext]', asset: 'assets/[name]-[hash].[ext]' },
    throw: false,
  });
  if (!built.success)
    throw new AppError('internal', `the web client does not build:\n${built.logs.join('\n')}`);
  const files = new Map<string, StaticFile>();
  let page: StaticFile | undefined;
  for (const output of built.outputs) {
    const body = new Uint8Array(await output.arrayBuffer());
    const asset = { body, contentType: output.type, etag: entityTag(body) };
    if (output.path.endsWith('.html')) page = asset;
    else files.set(`/${output.path.replace(/^\.?\//, '')}`, asset);
  }
  if (page === undefined) throw new AppError('internal', 'the web client has no page');
  return { page, files };
}
