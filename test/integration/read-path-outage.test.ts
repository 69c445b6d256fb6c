import { afterAll, beforeAll, expect, test } from 'bun:test';
import { OrderReader } from '../../src/storage/order-reader.ts';
import type { Database } from '../../src/storage/postgresql/database.ts';
import { PostgresOrderListing } from '../../src/storage/postgresql/order-listing.ts';
import { OrderStore } from '../../src/storage/postgresql/order-store.ts';
import type { OrderCache } from '../../src/storage/redis/order-cache.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { openCache, openDatabase } from '../helpers/read-side.ts';
import { messageOf, sampleOrder } from '../helpers/sample-orders.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';
import { WritePath } from '../helpers/write-path.ts';

const READ_TIMEOUT_MS = 1_000;
let path: WritePath;
let proxy: FaultProxy;
let database: Database;
let cache: OrderCache;
let app: ReturnType<FakeBackend['app']>;

beforeAll(async () => {
  path = await WritePath.open();
  proxy = await FaultProxy.inFrontOf(path.place.databaseUrl);
  const opened = openCache();
  cache = opened.cache;
  await until(() => opened.connection.up);
  database = openDatabase(proxy.urlOf(path.place.databaseUrl), 1_000);
  const store = new OrderStore(database, READ_TIMEOUT_MS);
  app = new FakeBackend().app({
    lookup: new OrderReader({ store, cache }),
    listing: new PostgresOrderListing(database),
  });
  path.start();
  await path.send(['kept', 'cached', 'cold', 'colder'].map((uid) => messageOf(sampleOrder(uid))));
  await path.drained();
});

afterAll(async () => {
  await Promise.all([path.close(), cache.close(), database.close()]);
  await proxy.close();
});

const get = (uid: string) => app.request(`/api/v1/orders/${uid}`);
const tierOf = async (uid: string) => (await get(uid)).headers.get('x-cache');

test('PostgreSQL is gone: cached orders are served, for others it is 503 with Retry-After, and it comes back by itself', async () => {
  await until(async () => (await tierOf('kept')) === 'l1');
  await get('cached');
  await proxy.setMode('refuse');
  expect(await tierOf('kept')).toBe('l1');
  expect(await tierOf('cached')).toBe('redis');
  for (const uid of ['cold', 'absent']) {
    const from = unstalledNow();
    const answer = await get(uid);
    expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([503, true]);
    expect((await answer.json()).type).toEndWith('/database-unavailable');
    expect(unstalledNow() - from).toBeLessThan(2_000);
  }
  await proxy.setMode('pass');
  await until(async () => (await get('cold')).status === 200, 5_000);
  expect((await get('absent')).status).toBe(404);
});

test('PostgreSQL is a black hole: the same, within the time of a read', async () => {
  await proxy.setMode('black-hole');
  expect(await tierOf('kept')).toBe('l1');
  for (let round = 0; round < 3; round++) {
    const from = unstalledNow();
    const answer = await get('colder');
    expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([503, true]);
    expect(unstalledNow() - from).toBeLessThan(READ_TIMEOUT_MS + 500);
  }
  // Connections that went into the hole stay there; new ones are made.
  await proxy.setMode('pass');
  await until(async () => (await get('colder')).status === 200, 10_000);
});
