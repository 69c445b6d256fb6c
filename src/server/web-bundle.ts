/**
 * Bundles `src/web`, minified, and writes the files to standard output as JSON, `BundledFile[]`. A process of its own: bundling takes
 * some tens of MB, which the process that did it would keep.
 */
import { fileURLToPath } from 'node:url';

/** One file of the bundle. */
export interface BundledFile {
  /** URL path of a file; the page is the one that ends in `.html`. */
  readonly path: string;
  readonly contentType: string;
  readonly base64: string;
}

if (import.meta.main) await writeBundle();

async function writeBundle(): Promise<void> {
  const built = await Bun.build({
    entrypoints: [fileURLToPath(new URL('../web/index.html', import.meta.url))],
    target: 'browser',
    minify: true,
    // A page of the console comes when it is first opened.
    splitting: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    jsx: { runtime: 'automatic', importSource: 'react', development: false },
    naming: { chunk: 'assets/[name]-[hash].[ext]', asset: 'assets/[name]-[hash].[ext]' },
    throw: false,
  });
  if (!built.success) {
    process.stderr.write(built.logs.join('\n'));
    process.exit(1);
  }
  const files: BundledFile[] = [];
  for (const output of built.outputs) {
    const base64 = Buffer.from(await output.arrayBuffer()).toString('base64');
    files.push({ path: `/${output.path.replace(/^\.?\//, '')}`, contentType: output.type, base64 });
  }
  await Bun.write(Bun.stdout, JSON.stringify(files));
}
