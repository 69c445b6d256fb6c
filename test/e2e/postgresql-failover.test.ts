import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQL } from 'bun';
import { migrateUp } from '../../src/storage/postgresql/migrate.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { MIGRATIONS } from '../helpers/database.ts';
import { PostgresqlProcess } from '../helpers/postgresql-process.ts';
import { until } from '../helpers/until.ts';

let place: AppPlace;
let primary: PostgresqlProcess;
let standby: PostgresqlProcess;

beforeAll(async () => {
  [place, primary] = await Promise.all([AppPlace.onTestEngines(), PostgresqlProcess.start()]);
  standby = await PostgresqlProcess.start({ standbyOf: primary });
});
afterAll(async () => {
  await killRunning();
  await Promise.all([primary.close(), standby.close(), place.remove()]);
});

/** The superuser's URL of the service's database. */
const ordersAt = (server: PostgresqlProcess) => server.url.replace(/postgres$/, 'orders');

/** How many messages that server has stored, or given to the dead letters. */
async function consumedAt(server: PostgresqlProcess): Promise<number> {
  const sql = new SQL(ordersAt(server), { max: 1 });
  try {
    const [row] = await sql`select coalesce(sum(next_offset), 0)::int as consumed from consumer_offsets`;
    return Number(row.consumed);
  } finally {
    await sql.close();
  }
}

/** Makes the role of least rights as the documentation says. */
async function makeRole(): Promise<void> {
  const documented = readFileSync(join(import.meta.dirname, '../../docs/your-engines.md'), 'utf8');
  const [, statements = ''] = /```sql\n(create role orders_app.*?)```/s.exec(documented) ?? [];
  const sql = new SQL(ordersAt(primary), { max: 1 });
  await sql.unsafe(statements.replace('…', 'orders')).simple();
  await sql.close();
}

test('with the least rights, under load: the primary is killed, its standby promoted and found, and nothing is lost', async () => {
  await migrateUp({ url: ordersAt(primary), folder: MIGRATIONS, connectTimeoutMs: 5_000 });
  await makeRole();
  const hosts = [standby, primary].map(({ port }) => `127.0.0.1:${port}`).join(',');
  const env = {
    ...place.env,
    TEST_SERVICE_ENGINES: 'off',
    TEST_SERVICE_POSTGRESQL_URL: `postgres://orders_app:orders@${hosts}/orders`,
    TEST_SERVICE_PRODUCER_RATE: '300',
  };
  await startApp(['run', '--json'], { env }).untilUp();
  await until(async () => (await consumedAt(primary)) > 500, 120_000, 100);
  await until(async () => (await consumedAt(standby)) > 0, 120_000, 100);
  await primary.kill();
  const before = await consumedAt(standby);
  await until(async () => (await fetch(`${place.url}/readyz`)).status === 503, 60_000, 100);
  standby.promote();
  await until(async () => (await consumedAt(standby)) > before + 500, 120_000, 100);
  expect((await fetch(`${place.url}/readyz`)).status).toBe(200);
  expect((await fetch(`${place.url}/api/v1/generator/stop`, { method: 'POST' })).status).toBe(200);
  const { code, stdout, stderr } = await runApp(['verify', '--wait', '60'], { env });
  expect({ code, said: stdout + stderr }).toMatchObject({ code: 0 });
}, 600_000);
