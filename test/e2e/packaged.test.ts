import { afterAll, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pkg from '../../package.json' with { type: 'json' };
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, runApp, startProgram } from '../helpers/app-process.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = createTempDir('test-packaged-');
const at = (...names: string[]) => join(folder.path, ...names);
mkdirSync(at('empty'));

afterAll(async () => {
  await killRunning();
  folder.remove();
});

/** Runs a program to its end, far from the checkout; gives its standard output. */
async function output(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await startProgram([program, ...args], { env, cwd: at('empty') }).exited;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

test('the executable needs nothing beside it, and takes nothing of the folder it is called in', async () => {
  const build = [process.execPath, join(ROOT, 'scripts/build.ts'), 'executable'];
  expect(await startProgram(build, { env: { DIST: at('dist') } }).exited).toMatchObject({ code: 0 });
  expect(readdirSync(at('dist'))).toEqual(['test-service']);
  const program = at('dist/test-service');
  writeFileSync(at('empty/trap.ts'), `require('node:fs').writeFileSync(${JSON.stringify(at('trapped'))}, '');`);
  writeFileSync(at('empty/.env'), 'TEST_SERVICE_PRODUCER_RATE=777\n');
  writeFileSync(at('empty/bunfig.toml'), 'preload = ["./trap.ts"]\n');

  expect(await output(program, ['--version'])).toBe(`${pkg.version}\n`);
  const orders = ['generate', '--count', '3', '--seed', '7'];
  expect(await output(program, orders)).toBe((await runApp(orders)).stdout);
  expect(await output(program, ['completion', 'bash'])).toContain(`'${program}' complete -- `);

  const place = await AppPlace.onTestEngines();
  try {
    // A second process that serves, and the one that verifies, are the executable again.
    const env = { ...place.env, TEST_SERVICE_SERVER_PROCESSES: '2', TEST_SERVICE_PRODUCER_RATE: '20' };
    expect(JSON.parse(await output(program, ['config', '--json'], env))).not.toMatchObject({ producer: { rate: 777 } });
    const app = startProgram([program, 'run', '--json'], { env, cwd: at('empty') });
    await app.untilUp();
    await until(async () => (await place.orders()) >= 100, 60_000);
    const page = await (await fetch(place.url)).text();
    const [, script = ''] = /src="\.([^"]+\.js)"/.exec(page) ?? [];
    expect(await fetch(`${place.url}${script}`)).toMatchObject({ status: 200 });
    await output(program, ['health'], env);
    const headers = { 'content-type': 'application/json' };
    await fetch(`${place.url}/api/v1/verifications`, { method: 'POST', headers, body: '{"wait_s": 60}' });
    await until(async () => {
      const run = await (await fetch(`${place.url}/api/v1/verifications/1`)).text();
      return run.includes('"state":"finished"') && run.includes('"ok":true');
    }, 90_000);
    expect(await output(program, ['verify', '--wait', '60'], env)).toContain('OK: produced ');
    expect(await app.stop()).toMatchObject({ code: 0 });
    await expect(output(program, ['health'], env)).rejects.toThrow(/nothing answers at 127\.0\.0\.1:\d+/);
  } finally {
    await killRunning();
    await place.remove();
  }
  expect(existsSync(at('trapped'))).toBe(false);
}, 300_000);

test('the npm package installs as a command, with what it runs and no more', async () => {
  mkdirSync(at('tarball'));
  // Packing builds dist/bundle, which two runs of this test would do at the same time.
  const pack = ['flock', join(ROOT, 'package.json'), 'npm', 'pack', '--json', '--pack-destination', at('tarball')];
  const packed = await startProgram(pack).exited;
  const list: { files: { path: string }[]; filename: string }[] = JSON.parse(
    packed.stdout.slice(packed.stdout.indexOf('[')),
  );
  const { files = [], filename = '' } = list[0] ?? {};
  const names = new Set(files.map(({ path }) => path.replace(/\/.*/, '')));
  expect([...names].toSorted()).toEqual(
    [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'README.ru.md',
      'bunfig.toml',
      'config.yaml',
      'dist',
      'docs',
      'migrations',
      'package.json',
    ].concat(['src', 'test-service', 'tsconfig.json']),
  );
  expect(files.filter(({ path }) => /\.test\.|\.png$|^dist\/(?!bundle)|^src\/(?!client)/.test(path))).toEqual([]);

  // Without these a connection that has stalled holds npm up for five minutes.
  const network = ['--prefer-offline', '--no-audit', '--fetch-timeout=45000', '--fetch-retries=4'];
  const install = ['npm', 'install', '--global', ...network, '--prefix', at('prefix'), at('tarball', filename)];
  expect(await startProgram(install, { cwd: folder.path }).exited).toMatchObject({ code: 0 });
  const program = at('prefix/bin/test-service');
  expect(await output(program, ['--version'])).toBe(`${pkg.version}\n`);
  const orders = ['generate', '--count', '3', '--seed', '7'];
  expect(await output(program, orders)).toBe((await runApp(orders)).stdout);
  expect(await output(program, ['doctor']).catch(String)).toContain('`run` starts a local one');
  const installed = at('prefix/lib/node_modules/test-service');
  expect(readFileSync(join(installed, 'dist/bundle/web.json'), 'utf8')).toContain('/index.html');
}, 600_000);
