import { afterAll, beforeAll, expect, test } from 'bun:test';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { createMessageSender } from '../../src/kafka/send/sender.ts';
import type { Order } from '../../src/order/order.ts';
import { PolledArrivals } from '../../src/server/api/orders/order-arrivals.ts';
import { createOrderIntake } from '../../src/server/api/orders/order-intake.ts';
import { OrderReader } from '../../src/storage/order-reader.ts';
import type { Database } from '../../src/storage/postgresql/database.ts';
import { OffsetStore } from '../../src/storage/postgresql/offset-store.ts';
import { OrderStore } from '../../src/storage/postgresql/order-store.ts';
import type { OrderCache } from '../../src/storage/redis/order-cache.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { freePort } from '../helpers/free-port.ts';
import { openCache, openDatabase } from '../helpers/read-side.ts';
import { sampleOrder } from '../helpers/sample-orders.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { WritePath } from '../helpers/write-path.ts';

let path: WritePath;
let database: Database;
let cache: OrderCache;
let app: ReturnType<FakeBackend['app']>;

beforeAll(async () => {
  path = await WritePath.open();
  database = openDatabase(path.place.databaseUrl);
  const store = new OrderStore(database);
  const offsets = new OffsetStore(database);
  ({ cache } = openCache());
  // The consumer never tells this cache of changes, as if it were another process that is slow to do so.
  path.start();
  app = new FakeBackend().app({
    requestTimeoutMs: 20_000,
    lookup: new OrderReader({ store, cache }),
    intake: createOrderIntake(path.sender, path.place.topic),
    arrivals: new PolledArrivals(
      {
        progress: () => offsets.latest(path.place.group, path.place.topic),
        findMany: (uids) => store.findMany(uids),
        forget: (uids) => cache.invalidate(uids),
        logger: silentLogger,
      },
      { maxWaitMs: 18_000 },
    ),
  });
});

afterAll(async () => {
  await path.close();
  await Promise.all([cache.close(), database.close()]);
});

async function send(order: Order, prefer = 'wait=15') {
  const headers = { 'content-type': 'application/json', prefer };
  const answer = await app.request('/api/v1/orders', {
    method: 'POST',
    body: JSON.stringify(order),
    headers,
  });
  return { status: answer.status, json: await answer.json(), location: answer.headers.get('location') ?? '' };
}

test('201 means that a lookup right after gives this very version, cached or not, and also the same order again', async () => {
  for (let version = 0; version < 20; version++) {
    const order = sampleOrder('mine', 1 + (version % 3), { track_number: `v${version}` });
    const { status, location, json } = await send(order);
    expect([status, json.status]).toEqual([201, 'stored']);
    for (let look = 0; look < 2; look++) expect(await (await app.request(location)).json()).toEqual(order);
  }
  const again = sampleOrder('mine', 2, { track_number: 'v19' });
  expect((await send(again)).status).toBe(201);
  expect((await send(again)).json.status).toBe('stored');
});

test('hundreds at once, each readable when its answer is there', async () => {
  const orders = Array.from({ length: 300 }, (_, at) => sampleOrder(`many-${at}`));
  await Promise.all(
    orders.map(async (order) => {
      const { status, location } = await send(order);
      expect(status).toBe(201);
      expect((await app.request(location)).status).toBe(200);
    }),
  );
});

test('an order that the database refuses is a 422, when somebody waits for it', async () => {
  await path.sql.unsafe(`alter table orders add constraint no_evil check (entry <> 'evil')`);
  const { status, json } = await send(sampleOrder('evil', 1, { entry: 'evil' }));
  expect([status, json.reason]).toEqual([422, 'database_rejected']);
  expect((await send(sampleOrder('evil-2', 1, { entry: 'evil' }), 'respond-async')).status).toBe(202);
});

test('Kafka down: 503 in a few seconds, and no success is claimed', async () => {
  const sender = createMessageSender(new KafkaClients({ brokers: [`127.0.0.1:${await freePort()}`] }), {
    clientId: 'test',
    logger: silentLogger,
    sendTimeoutMs: 1_000,
  });
  try {
    const down = new FakeBackend().app({
      requestTimeoutMs: 10_000,
      intake: createOrderIntake(sender, path.place.topic),
    });
    const began = unstalledNow();
    const answer = await down.request('/api/v1/orders', {
      method: 'POST',
      body: JSON.stringify(sampleOrder('nowhere')),
      headers: { 'content-type': 'application/json', prefer: 'wait=5' },
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([503, null]);
    expect(unstalledNow() - began).toBeLessThan(3_000);
  } finally {
    await sender.close();
  }
});
