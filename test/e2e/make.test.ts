import { afterEach, describe, expect, test } from 'bun:test';
import {
  accessSync,
  constants,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, startProgram } from '../helpers/app-process.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const ROOT = join(import.meta.dirname, '../..');

afterEach(killRunning);

describe('make', () => {
  test('help, the default, lists every target', async () => {
    const [help, none] = await Promise.all([
      startProgram(['make', '--no-print-directory', 'help']).exited,
      startProgram(['make', '--no-print-directory']).exited,
    ]);
    expect(help).toMatchObject({ code: 0, stderr: '', stdout: none.stdout });
    const makefile = readFileSync(join(ROOT, 'Makefile'), 'utf8');
    const targets = /^\.PHONY: (.*)$/m.exec(makefile)?.[1]?.split(' ') ?? [];
    expect(targets).toContain('run');
    for (const target of targets) expect(help.stdout).toMatch(new RegExp(`^  make ${target} +\\S`, 'm'));
  });

  test('its recipes call the executable', async () => {
    const recipes = await startProgram(['make', '-n', 'run', 'migrateup', 'migratedown', 'engines-up', 'engines-down'])
      .exited;
    expect(recipes).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['run', 'migrate up', 'migrate down', 'engines up', 'engines down'])
      expect(recipes.stdout).toContain(`test-service ${command}`);
  });

  test('a stop that make passes on to a service that has it already is one stop, not a forced one', async () => {
    const place = await AppPlace.onTestEngines();
    const make = startProgram(['make', '--no-print-directory', 'run', 'ARGS=--json'], {
      env: { ...place.env, TEST_SERVICE_PRODUCER_RATE: '20' },
      group: true,
    });
    await make.untilUp();
    await until(async () => (await place.latest()).length === 1);
    make.killGroup('SIGTERM');
    const exit = await make.exited;
    expect(exit.stderr).toContain('stopping');
    expect(exit.stderr).not.toContain('stopped by force');
    expect(await place.orders()).toBe(await place.consumed());
    await expect(fetch(`${place.url}/healthz`)).rejects.toThrow();
    await place.remove();
  });
});

test('the lock of the set-up is in a folder of the user’s own, wherever a link lies in a shared one', async () => {
  const { path, remove } = createTempDir('test-setup-');
  const at = (...names: string[]) => join(path, ...names);
  for (const folder of ['checkout/scripts', 'bin', 'tmp']) mkdirSync(at(folder), { recursive: true });
  cpSync(join(ROOT, 'scripts/setup.sh'), at('checkout/scripts/setup.sh'));
  // Fails, so that nothing else is set up.
  writeFileSync(at('bin/npm'), '#!/bin/sh\nexit 7\n', { mode: 0o755 });
  writeFileSync(at('victim'), 'precious');
  symlinkSync(at('victim'), at('tmp', `test-service-setup-${process.getuid?.()}.lock`));
  const env = {
    PATH: `${at('bin')}:${process.env['PATH']}`,
    TMPDIR: at('tmp'),
    HOME: at('home'),
    XDG_CACHE_HOME: '',
  };
  const exit = await startProgram(['sh', at('checkout/scripts/setup.sh'), 'run'], { env }).exited;
  expect(exit.code).toBe(7);
  expect(readFileSync(at('victim'), 'utf8')).toBe('precious');
  expect(readdirSync(at('tmp'))).toHaveLength(1);
  expect(statSync(at('home/.cache/test-service/setup.lock')).isFile()).toBe(true);
  expect(statSync(at('home/.cache/test-service')).mode & 0o777).toBe(0o700);
  remove();
});

test('.ci/run is a program', () => {
  accessSync(join(ROOT, '.ci/run'), constants.X_OK);
  expect(readFileSync(join(ROOT, '.ci/run'), 'utf8')).toStartWith('#!/bin/sh\n');
});
