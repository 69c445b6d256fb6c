/**
 * Puts the program together from its sources, its packages and the web console:
 *
 * `bun scripts/build.ts executable [TARGET]` writes `dist/test-service`, which needs nothing else. TARGET is linux-x64,
 * linux-arm64, darwin-x64 or darwin-arm64; for another system than this one it is `dist/test-service-TARGET`.
 * `bun scripts/build.ts bundle` writes `dist/bundle`, which the npm package has instead of the sources.
 * DIST is another folder than `dist`.
 */

import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { $ } from 'bun';
import lock from '../package-lock.json' with { type: 'json' };
import { EXECUTABLE, ROOT } from '../src/lib/own-process.ts';

const DIST = process.env['DIST'] ?? join(ROOT, 'dist');
/** Bun's package for each target. */
const RUNTIMES = {
  'linux-x64': '@oven/bun-linux-x64',
  'linux-arm64': '@oven/bun-linux-aarch64',
  'darwin-x64': '@oven/bun-darwin-x64',
  'darwin-arm64': '@oven/bun-darwin-aarch64',
} as const;
/** What modules read from beside them. */
const FILES = ['pom.xml', 'jars.sha256', 'log4j2.properties'].map((name) => join(ROOT, 'src/engines/kafka', name));

const [what, target = `${process.platform}-${process.arch}`] = process.argv.slice(2);
mkdirSync(DIST, { recursive: true });
const folder = mkdtempSync(join(DIST, 'build-'));
try {
  const web = join(folder, 'web.json');
  await $`${EXECUTABLE} web-bundle > ${web}`.cwd(ROOT);
  if (what === 'bundle') await bundle([...FILES, web]);
  else if (what === 'executable' && isTarget(target)) await compile(target, [...FILES, web, join(ROOT, 'migrations')]);
  else throw new Error(`usage: bun scripts/build.ts bundle | executable [${Object.keys(RUNTIMES).join(' | ')}]`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function isTarget(name: string): name is keyof typeof RUNTIMES {
  return name in RUNTIMES;
}

async function bundle(files: readonly string[]): Promise<void> {
  const outdir = join(folder, 'bundle');
  await Bun.build({ ...program(), outdir });
  for (const file of files) copyFileSync(file, join(outdir, basename(file)));
  rmSync(join(DIST, 'bundle'), { recursive: true, force: true });
  renameSync(outdir, join(DIST, 'bundle'));
}

async function compile(target: keyof typeof RUNTIMES, assets: string[]): Promise<void> {
  const own = target === `${process.platform}-${process.arch}`;
  const outfile = join(folder, 'test-service');
  await Bun.build({
    ...program(),
    minify: { whitespace: true, syntax: true, identifiers: true, keepNames: true },
    bytecode: true,
    sourcemap: 'inline',
    compile: {
      target: `bun-${target}`,
      outfile,
      assets,
      executablePath: own ? process.execPath : await runtimeOf(target),
      // The executable takes nothing but config.yaml from the folder it is called in.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  renameSync(outfile, join(DIST, own ? 'test-service' : `test-service-${target}`));
}

function program() {
  return {
    entrypoints: [join(ROOT, 'src/cmd/app/main.ts')],
    target: 'bun',
    format: 'esm',
    // A command loads what it needs.
    splitting: true,
    plugins: [
      {
        name: 'the form of a package that reads no file beside itself',
        setup: (build: Bun.PluginBuilder) => {
          build.onResolve({ filter: /^@platformatic\/wasm-utils$/ }, ({ importer }) => ({
            path: Bun.resolveSync('@platformatic/wasm-utils/bundled', importer),
          }));
        },
      },
    ],
  } satisfies Bun.BuildConfig;
}

/** Bun for another system, from npm: what the lock file pins, or nothing. */
async function runtimeOf(target: keyof typeof RUNTIMES): Promise<string> {
  const name = RUNTIMES[target];
  const { version, integrity } = lock.packages[`node_modules/${name}`];
  const [packed] = await $`npm pack ${name}@${version} --json --pack-destination ${folder}`.quiet().json();
  if (packed.integrity !== integrity) throw new Error(`${name} is not what package-lock.json has`);
  await $`tar -xzf ${join(folder, packed.filename)} -C ${folder}`;
  return join(folder, 'package/bin/bun');
}
