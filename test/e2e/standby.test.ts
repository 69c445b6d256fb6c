import { afterAll, beforeAll, expect, test } from 'bun:test';
import { SQL } from 'bun';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, startApp } from '../helpers/app-process.ts';
import { freePort } from '../helpers/free-port.ts';
import { PostgresqlProcess } from '../helpers/postgresql-process.ts';
import { sampleOrder } from '../helpers/sample-orders.ts';
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

test('a server on a standby that is behind does not poison the cache it shares with the primary’s', async () => {
  const urlOf = (server: PostgresqlProcess) => server.url.replace(/postgres$/, 'orders');
  const settings = { ...place.env, TEST_SERVICE_ENGINES: 'off', TEST_SERVICE_PRODUCER_ENABLED: 'false' };
  await startApp(['run', '--json'], {
    env: { ...settings, TEST_SERVICE_POSTGRESQL_URL: urlOf(primary) },
  }).untilUp();
  const order = sampleOrder('changed');
  await place.store(order);
  const there = new SQL(urlOf(standby), { max: 1 });
  try {
    await until(async () => (await there`select from orders`).length === 1, 60_000, 100);
    const port = String(await freePort());
    await startApp(['serve', '--json'], {
      env: {
        ...settings,
        TEST_SERVICE_POSTGRESQL_URL: urlOf(standby),
        TEST_SERVICE_POSTGRESQL_MIGRATIONS: 'check',
        TEST_SERVICE_SERVER_PORT: port,
      },
    }).untilUp();
    await there`select pg_wal_replay_pause()`;
    await place.store({ ...order, customer_id: 'another' });
    const headers = { 'content-type': 'application/json' };
    const evicted = await fetch(`${place.url}/api/v1/cache/evictions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ order_uids: ['changed'] }),
    });
    expect(evicted.status).toBe(200);
    const behind = await fetch(`http://127.0.0.1:${port}/api/v1/orders/changed`);
    expect(behind.headers.get('x-cache')).toBe('postgresql');
    expect(await behind.json()).toMatchObject({ customer_id: order.customer_id });
    const ahead = await place.get('changed');
    expect(ahead.headers.get('x-cache')).toBe('postgresql');
    expect(await ahead.json()).toMatchObject({ customer_id: 'another' });
    // It had a fill to give.
    await until(async () => (await place.get('changed')).headers.get('x-cache') !== 'postgresql', 60_000, 100);
    const now = await fetch(`http://127.0.0.1:${port}/api/v1/orders/changed`);
    expect(await now.json()).toMatchObject({ customer_id: 'another' });
  } finally {
    await there.close();
  }
}, 600_000);
