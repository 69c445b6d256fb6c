import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, startProgram } from '../helpers/app-process.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const EXECUTABLE = join(import.meta.dirname, '../../test-service');

let place: AppPlace;
let folder: ReturnType<typeof createTempDir>;

beforeEach(async () => {
  place = await AppPlace.onTestEngines();
  folder = createTempDir('test-ambient-');
});

afterEach(async () => {
  await killRunning();
  await place.remove();
  folder.remove();
});

/** A folder like that of another project: whatever of it is taken or run shows as a file called `trapped`. */
function layTraps(): Record<string, string> {
  const at = (name: string) => join(folder.path, name);
  const code = `require('node:fs').appendFileSync(${JSON.stringify(at('trapped'))}, process.argv.join(' ') + '\\n');`;
  writeFileSync(at('trap.ts'), code);
  const values = {
    TEST_SERVICE_PRODUCER_RATE: '777',
    TEST_SERVICE_CACHE_KEY_PREFIX: 'trap',
    DATABASE_URL: 'postgres://trap:trap@127.0.0.1:1/trap',
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
  for (const name of ['.env', '.env.local', '.env.development', '.env.production', '.env.test'])
    writeFileSync(at(name), lines.join(''));
  writeFileSync(at('bunfig.toml'), 'preload = ["./trap.ts"]\n[define]\n"process.platform" = "\'trap\'"\n');
  writeFileSync(
    at('tsconfig.json'),
    JSON.stringify({
      compilerOptions: { baseUrl: '.', paths: { '*': ['./trap.ts'] }, jsx: 'react', jsxFactory: 'trap' },
    }),
  );
  writeFileSync(
    at('package.json'),
    JSON.stringify({ name: 'trap', imports: { '#*': './trap.ts' }, main: './trap.ts' }),
  );
  mkdirSync(at('node_modules/yaml'), { recursive: true });
  writeFileSync(at('node_modules/yaml/index.js'), code);
  mkdirSync(at('migrations'));
  writeFileSync(at('migrations/0001_trap.sql'), '-- migrate:up\nselect trap;\n');
  return {
    ...Object.fromEntries(
      ['HOST', 'USER', 'USERNAME', 'PASSWORD', 'DATABASE', 'SERVICE', 'SSLCERT', 'SSLKEY'].map((name) => [
        `PG${name}`,
        'trap',
      ]),
    ),
    PGPORT: '1',
    PGSSLMODE: 'verify-full',
    PGOPTIONS: '-c search_path=trap',
    PGCHANNELBINDING: 'require',
    DATABASE_URL: values.DATABASE_URL,
    POSTGRES_URL: values.DATABASE_URL,
    TLS_DATABASE_URL: values.DATABASE_URL,
    REDIS_URL: 'redis://127.0.0.1:1',
    BUN_OPTIONS: `--preload ${at('trap.ts')}`,
    BUN_INSPECT_PRELOAD: at('trap.ts'),
    NODE_OPTIONS: `--require ${at('trap.ts')}`,
    NODE_PATH: at('node_modules'),
    JAVA_TOOL_OPTIONS: '-javaagent:/trap',
  };
}

test('settings and code of the shell’s environment and of the current folder change nothing, in no process', async () => {
  const traps = layTraps();
  writeFileSync(join(folder.path, 'config.yaml'), 'producer: { rate: 20 }\nconsumer: { fetchWaitMs: 251 }\n');
  const env = { ...traps, ...place.env, TEST_SERVICE_SERVER_PROCESSES: '2', TEST_SERVICE_LOG_FORMAT: 'json' };
  const cwd = folder.path;
  const config = await startProgram([EXECUTABLE, 'config', '--json'], { env, cwd }).exited;
  expect(JSON.parse(config.stdout)).toMatchObject({
    producer: { rate: 20 },
    consumer: { fetchWaitMs: 251 },
    cache: { keyPrefix: place.keyPrefix },
  });

  const app = startProgram([EXECUTABLE, 'run', '--json'], { env, cwd });
  await app.untilUp();
  await until(async () => (await place.orders()) >= 20, 30_000);
  const page = await fetch(place.url);
  expect(await page.text()).toContain('<div id="app">');
  const started = await fetch(`${place.url}/api/v1/verifications`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"wait_s": 0}',
  });
  expect(started.status).toBe(202);
  await until(async () => {
    const { state } = (await (await fetch(`${place.url}/api/v1/verifications/1`)).json()) as {
      state: string;
    };
    return state === 'finished';
  }, 60_000);
  expect(await app.stop()).toMatchObject({ code: 0 });
  expect(await place.query('select count(*)::int > 0 as there from schema_migrations')).toEqual([{ there: true }]);
  expect(existsSync(join(folder.path, 'trapped'))).toBe(false);
}, 120_000);
