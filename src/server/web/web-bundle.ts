import { fileURLToPath } from 'node:url';

/** One file of the bundle. */
export interface BundledFile {
  /** URL path of a file; the page is the one that ends in `.html`. */
  readonly path: string;
  readonly contentType: string;
  readonly base64: string;
}

/**
 * Bundles `src/web`, minified, and writes the files to standard output as JSON, `BundledFile[]`. `web-bundle`, a command
 * of the executable that its help does not name, does it in a process of its own: bundling takes some tens of MB, which
 * the process would keep.
 */
export async function writeWebBundle(): Promise<void> {
  const scalar = await scalarFile();
  const built = await Bun.build({
    entrypoints: ['index', 'docs'].map((page) => fileURLToPath(new URL(`../../web/${page}.html`, import.meta.url))),
    target: 'browser',
    minify: true,
    // A page of the console comes when it is first opened.
    splitting: true,
    define: { 'process.env.NODE_ENV': '"production"', SCALAR_PATH: JSON.stringify(scalar.path) },
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
  files.push(scalar);
  await Bun.write(Bun.stdout, JSON.stringify(files));
}

/**
 * Scalar's standalone file, which shows the REST API. Its own package comes with 280 others; the one for Fastify has
 * the file as a string in its source.
 */
async function scalarFile(): Promise<BundledFile> {
  const source = await Bun.file(fileURLToPath(import.meta.resolve('@scalar/fastify-api-reference'))).text();
  const literal = /^var standalone_default = "([^\n]*)";\n/m.exec(source)?.[1];
  if (literal === undefined) throw new Error('@scalar/fastify-api-reference has no standalone file');
  const script = literal.replace(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  const path = `/assets/scalar-${Bun.hash(script).toString(36)}.js`;
  const base64 = Buffer.from(script).toString('base64');
  return { path, contentType: 'text/javascript;charset=utf-8', base64 };
}
