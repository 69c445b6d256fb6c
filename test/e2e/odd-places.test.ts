import { afterAll, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, startProgram } from '../helpers/app-process.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const NEEDED = ['src', 'migrations', 'config.yaml', 'bunfig.toml', 'package.json', 'tsconfig.json', 'test-service'];
const folder = createTempDir('test-odd-');

afterAll(async () => {
  await killRunning();
  folder.remove();
});

test('runs from a folder with blanks, quotes, commas and Cyrillic letters, in a locale this machine does not have', async () => {
  const place = await AppPlace.onOwnEngines();
  const root = join(folder.path, `Копия, "её" it's 100% #1`);
  mkdirSync(root);
  for (const name of NEEDED) cpSync(join(ROOT, name), join(root, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const locale = 'ru_RU.KOI8-R';
  const env = { ...place.env, TEST_SERVICE_DATA_DIR: '.data', TEST_SERVICE_PRODUCER_RATE: '20' };
  const app = startProgram([join(root, 'test-service'), 'run', '--json'], {
    cwd: root,
    env: { ...env, LC_ALL: locale, LC_CTYPE: locale, LANG: locale },
  });
  try {
    expect(await app.untilUp()).toMatchObject({ engines: Array(3).fill({ state: 'started' }) });
    await until(async () => (await place.latest()).length === 1);
    expect(await (await fetch(place.url)).text()).toContain('<script');
    expect(readdirSync(join(root, '.data')).toSorted()).toEqual(['kafka', 'logs', 'postgresql', 'redis', 'run']);
  } finally {
    expect(await app.stop()).toMatchObject({ code: 0 });
    await place.remove();
  }
});

test('a checkout with core.autocrlf has the same bytes', () => {
  const [origin, copy] = [join(folder.path, 'origin'), join(folder.path, 'copy')];
  const git = (...args: string[]) => execFileSync('git', ['-c', 'core.autocrlf=true', ...args], { cwd: folder.path });
  const names = ['.gitattributes', 'test-service', 'Makefile', 'scripts/setup.sh', 'src/engines/kafka/jars.sha256'];
  git('init', '-q', origin);
  for (const name of names) cpSync(join(ROOT, name), join(origin, name));
  writeFileSync(join(origin, 'from-windows.sql'), 'select 1;\r\n');
  git('-C', origin, 'add', '-A');
  git('-C', origin, '-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-qm', 'all');
  git('clone', '-q', origin, copy);
  for (const name of names)
    expect([name, readFileSync(join(copy, name), 'utf8')]).toEqual([name, readFileSync(join(ROOT, name), 'utf8')]);
  expect(readFileSync(join(copy, 'from-windows.sql'), 'utf8')).toBe('select 1;\n');
});
