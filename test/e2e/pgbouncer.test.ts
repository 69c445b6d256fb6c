import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Database } from '../../src/storage/postgresql/database.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { PgbouncerProcess } from '../helpers/pgbouncer-process.ts';
import { until } from '../helpers/until.ts';

const ORDERS = 8_000;
let place: AppPlace;
let bouncer: PgbouncerProcess;
/** The service's settings, by way of a PgBouncer that keeps no prepared statements. */
let env: Record<string, string>;

beforeAll(async () => {
  place = await AppPlace.onTestEngines();
  bouncer = await PgbouncerProcess.inFrontOf(place.engines.postgresqlUrl);
  env = {
    ...place.env,
    TEST_SERVICE_ENGINES: 'off',
    TEST_SERVICE_POSTGRESQL_URL: bouncer.urlOf(place.engines.postgresqlUrl),
    TEST_SERVICE_POSTGRESQL_PREPARE: 'false',
  };
  // A pooler has only databases that are there.
  await AppPlace.onServer(`create database ${new URL(place.engines.postgresqlUrl).pathname.slice(1)}`);
});
afterAll(async () => {
  await killRunning();
  await bouncer.close();
  await place.remove();
});

const run = (...args: string[]) => runApp(args, { env });

test('prepared statements that it does not keep are named, with the setting to change', async () => {
  const said =
    'set postgresql.prepare to false: a pooler in transaction mode, such as PgBouncer before 1.21, keeps none';
  const { code, stderr } = await runApp(['migrate', 'up'], {
    env: { ...env, TEST_SERVICE_POSTGRESQL_PREPARE: 'true' },
  });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(said) });
});

test('a transaction sets the limits that it refuses as parameters of a session', async () => {
  const database = new Database({
    url: bouncer.urlOf(place.engines.postgresqlUrl),
    prepare: false,
    maxConnections: 1,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 12_345,
    applicationName: 'test',
  });
  const limits = `select name, setting from pg_settings where setting = '12345' order by name`;
  const names = ['idle_in_transaction_session_timeout', 'statement_timeout'];
  try {
    const rows: object[] = await database.transaction(10_000, async (tx) => await tx.unsafe(limits));
    expect(rows).toEqual(names.map((name) => ({ name, setting: '12345' })));
    expect(await database.query('asking', async (sql): Promise<object[]> => await sql.unsafe(limits))).toHaveLength(0);
  } finally {
    await database.close();
  }
});

test('the schema, two consumers of which one is killed, a pooler that dies, lookups and redrives: nothing is lost', async () => {
  const ups = await Promise.all([run('migrate', 'up'), run('migrate', 'up')]);
  for (const up of ups) expect(up).toMatchObject({ code: 0, stderr: '' });
  const [first, , serve] = [['consume'], ['consume'], ['serve']].map((role) => startApp([...role, '--json'], { env }));
  await serve?.untilUp();
  const produce = run('produce', '--count', String(ORDERS), '--rate', '2000', '--faults', 'malformed=1%,duplicate=5%');
  await until(async () => (await place.consumed()) > ORDERS / 8, 120_000, 50);
  first?.kill('SIGKILL');
  await until(async () => (await place.consumed()) > ORDERS / 4, 120_000, 50);
  await bouncer.kill();
  await bouncer.boot();
  expect(await produce).toMatchObject({ code: 0 });
  await until(async () => (await place.consumed()) === (await place.produced()), 120_000, 100);
  const [order] = await place.latest();
  expect((await place.get(order?.order_uid ?? '')).status).toBe(200);
  const redriven = await run('dead-letters', 'redrive', '--all', '--json');
  expect({ code: redriven.code, stderr: redriven.stderr }).toMatchObject({ code: 0 });
  const verified = await run('verify', '--wait', '60');
  expect({ code: verified.code, said: verified.stdout + verified.stderr }).toMatchObject({ code: 0 });
  const locks = `select count(*)::int as left from pg_locks where locktype = 'advisory' and database =
    (select oid from pg_database where datname = current_database())`;
  expect(await place.query(locks)).toEqual([{ left: 0 }]);
}, 600_000);
