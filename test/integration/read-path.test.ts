import { afterAll, beforeAll, expect, test } from 'bun:test';
import { nextTurn } from '../../src/lib/next-turn.ts';
import type { Order } from '../../src/order/order.ts';
import { latestDate, OrderScan } from '../../src/order/order-scan.ts';
import { orderToCsv } from '../../src/server/api/orders/order-csv.ts';
import { OrderReader } from '../../src/storage/order-reader.ts';
import { CopyRows, columnsOf, copyFrom } from '../../src/storage/postgresql/copy-rows.ts';
import type { Database } from '../../src/storage/postgresql/database.ts';
import { PostgresOrderListing } from '../../src/storage/postgresql/order-listing.ts';
import { OrderStore, orderJsonSql } from '../../src/storage/postgresql/order-store.ts';
import type { OrderCache } from '../../src/storage/redis/order-cache.ts';
import sample from '../fixtures/order.json';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { newKeyPrefix, openCache, openDatabase } from '../helpers/read-side.ts';
import { messageOf, sampleOrder } from '../helpers/sample-orders.ts';
import { orderOf } from '../helpers/stored-order.ts';
import { until } from '../helpers/until.ts';
import { WIDER_FIELDS, WIDER_TABLES, widerOrder } from '../helpers/wider-order.ts';
import { WritePath } from '../helpers/write-path.ts';

const keyPrefix = newKeyPrefix();
const caches: OrderCache[] = [];
let path: WritePath;
let database: Database;
let store: OrderStore;

beforeAll(async () => {
  path = await WritePath.open();
  database = openDatabase(path.place.databaseUrl);
  store = new OrderStore(database);
  // The consumer's process and the server's have caches of their own, on one Redis.
  const cache = newCache();
  path.start({}, { onChanged: (uids) => void cache.invalidate(uids) });
});

afterAll(async () => {
  await path.close();
  await Promise.all([...caches.map((cache) => cache.close()), database.close()]);
});

function newCache(): OrderCache {
  const { cache } = openCache({ keyPrefix });
  caches.push(cache);
  return cache;
}

test('the classic sample is deep-equal over both lookups, from PostgreSQL and from Redis', async () => {
  const lookup = new OrderReader({ store, cache: newCache() });
  const app = new FakeBackend().app({ lookup, listing: new PostgresOrderListing(database) });
  const uid = sample.order_uid;
  const get = () => app.request(`/api/v1/orders/${uid}`);
  const post = () =>
    app.request('/api/v1/orders/lookup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ order_uid: uid }),
    });
  expect((await get()).status).toBe(404);
  await path.send([messageOf(sample)]);
  await until(async () => (await get()).status === 200);
  const tags = new Map<string, string | null>();
  await until(async () => {
    for (const answer of [await get(), await post()]) {
      expect(await answer.json()).toEqual(sample);
      expect(answer.headers.get('x-order-topic')).toBe(path.place.topic);
      expect(answer.headers.get('x-order-offset')).toBe('0');
      tags.set(answer.headers.get('x-cache') ?? '', answer.headers.get('etag'));
    }
    return tags.has('redis') && tags.has('l1');
  });
  // The tag does not depend on who answered.
  expect(new Set(tags.values()).size).toBe(1);
  const { orders } = await (await app.request('/api/v1/orders?limit=1')).json();
  expect(orders).toMatchObject([{ order_uid: uid, amount: 1817, currency: 'USD', items: 1 }]);
});

test('whatever an order may say comes out as it went in', async () => {
  const widest = Number.MAX_SAFE_INTEGER;
  const texts = [
    '"\\/\b\f\n\r\t\u0001\u001f\u007f',
    '\u2028\u2029 <script>',
    '😀 ü ﷽',
    '',
    '\\N',
    'null',
    '{}',
    "'; --",
  ];
  const dates = [
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
    ['2021-11-26T06:22:10.100Z', '2021-11-26T06:22:10.1Z'],
    ['2021-11-26T09:22:19.000001+03:00', '2021-11-26T06:22:19.000001Z'],
  ] as const;
  const odd: Order[] = [
    ...texts.map((text, at) => sampleOrder(`odd-${at}`, 2, { locale: text, customer_id: text })),
    ...dates.map(([sent], at) => sampleOrder(`date-${at}`, 1, { date_created: sent })),
    sampleOrder('many', 60),
    sampleOrder('wide', 1, { sm_id: widest }),
    sampleOrder('deep', 1, { sm_id: -widest }),
  ];
  await path.send(odd.map((order) => messageOf(order)));
  const uids = odd.map(({ order_uid }) => order_uid);
  await until(async () => (await store.findMany(uids)).size === odd.length);
  const found = await store.findMany(uids);
  for (const order of odd) {
    const date = dates.find(([sent]) => sent === order.date_created)?.[1] ?? order.date_created;
    const text = JSON.stringify({ ...order, date_created: date });
    const document = found.get(order.order_uid);
    expect(orderOf(document)).toEqual(JSON.parse(text));
    // Compact, and in the order of the schema.
    if (!text.includes('\\')) expect(new TextDecoder().decode(document?.body)).toBe(text);
  }
});

test('absent, then written: readable at once after the commit, in every process', async () => {
  const readers = [1, 2].map(() => new OrderReader({ store, cache: newCache() }));
  let missed = 0;
  for (let round = 0; round < 20; round++) {
    const uids = Array.from({ length: 10 }, (_, at) => `new-${round}-${at}`);
    let stop = false;
    let absent = 0;
    const load = readers.map(async (reader) => {
      while (!stop) {
        const found = await Promise.all(uids.map((uid) => reader.find(uid)));
        absent += found.filter((one) => one === undefined).length;
        await nextTurn();
      }
    });
    await until(() => absent > 100);
    await path.send(uids.map((uid) => messageOf(sampleOrder(uid))));
    await until(async () => (await path.sql`select 1 from orders where order_uid = ${uids[9] ?? ''}`).length === 1);
    const there: { order_uid: string }[] = await path.sql`
      select order_uid from orders where order_uid = any(${path.sql.array(uids, 'TEXT')})`;
    for (const reader of readers) {
      const found = await Promise.all(there.map((row) => reader.find(row.order_uid)));
      missed += found.filter((one) => one === undefined).length;
    }
    stop = true;
    await Promise.all(load);
  }
  expect(missed).toBe(0);
});

test('changes under lookups: no reader stays with an old order', async () => {
  const readers = [1, 2, 3].map(() => new OrderReader({ store, cache: newCache() }));
  const uids = Array.from({ length: 20 }, (_, at) => `changing-${at}`);
  const version = (order: Order | undefined) => Number(order?.track_number ?? -1);
  let stop = false;
  const load = readers.map(async (reader) => {
    while (!stop) {
      await Promise.all(uids.map((uid) => reader.find(uid)));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
  for (let round = 0; round < 30; round++) {
    await path.send(uids.map((uid) => messageOf(sampleOrder(uid, 1, { track_number: String(round) }))));
    // Once PostgreSQL has the round, the invalidation is on its way, and everyone must come to it and keep it.
    await until(async () => {
      const rows = await store.findMany(uids);
      return uids.every((uid) => version(orderOf(rows.get(uid))) === round);
    });
    await until(async () => {
      const found = await Promise.all(readers.flatMap((reader) => uids.map((uid) => reader.find(uid))));
      return found.every((one) => version(orderOf(one)) === round && one?.tier === 'l1');
    }, 3_000);
  }
  stop = true;
  await Promise.all(load);
});

test('a field that the description of an order has more goes all the way from bytes through the tables to CSV', async () => {
  const order = { ...widerOrder('wider'), coupon: 'WELCOME10' };
  const rows = new CopyRows('orders', WIDER_FIELDS);
  const bytes = Buffer.from(JSON.stringify(order));
  const scan = new OrderScan(WIDER_FIELDS);
  expect(scan.scan(bytes, 0, bytes.length, latestDate(Date.now()))).toBe(true);
  rows.addScanned(scan, 0, 1, Date.now());
  const columns = columnsOf(WIDER_FIELDS);
  const back = new Error('the tables stay as they are');
  const read = path.sql.begin(async (tx) => {
    await tx.unsafe(WIDER_TABLES);
    for (const [table, names, bytes] of [
      ['orders', columns.orders, rows.orders],
      ['order_items', columns.items, rows.items],
    ] as const) {
      const copy = tx.unsafe(copyFrom(table, names));
      const writer = copy.writable().getWriter();
      await writer.write(bytes.slice());
      await writer.close();
      await copy;
    }
    const [row]: { json: string }[] = await tx.unsafe(
      `select ${orderJsonSql(WIDER_FIELDS)} as json from orders o where order_uid = 'wider'`,
    );
    expect(row?.json).toBe(JSON.stringify(order));
    expect(orderToCsv(JSON.parse(row?.json ?? ''), true, WIDER_FIELDS)).toEndWith(
      ',WELCOME10,2021-11-27T00:00:00Z\r\n',
    );
    throw back;
  });
  await expect(read).rejects.toBe(back);
});
