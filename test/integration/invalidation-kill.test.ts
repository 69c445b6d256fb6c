import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Invalidator } from '../../src/storage/invalidator.ts';
import { OrderReader } from '../../src/storage/order-reader.ts';
import type { Database } from '../../src/storage/postgresql/database.ts';
import { OrderStore } from '../../src/storage/postgresql/order-store.ts';
import { PendingInvalidations } from '../../src/storage/postgresql/pending-invalidations.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { consumeUntilKilled } from '../helpers/consumer-process.ts';
import type { KillPoint } from '../helpers/kill-points.ts';
import { newKeyPrefix, openCache, openDatabase } from '../helpers/read-side.ts';
import { messageOf, sampleOrder } from '../helpers/sample-orders.ts';
import { orderOf } from '../helpers/stored-order.ts';
import { until } from '../helpers/until.ts';
import { WritePath } from '../helpers/write-path.ts';

const POINTS: readonly KillPoint[] = ['after COMMIT, before its answer', 'after COMMIT, before the commit to Kafka'];
const uids = ['a', 'b', 'c'];
let path: WritePath;
let database: Database;

beforeAll(async () => {
  path = await WritePath.open();
  database = openDatabase(path.place.databaseUrl);
});

afterAll(async () => {
  await Promise.all([path.close(), database.close()]);
});

/** A server's part of the read path: cache, reader, and the replay of what others left. */
async function openServer(keyPrefix: string) {
  const { cache, connection } = openCache({ keyPrefix, ttlSeconds: 600 });
  await until(() => connection.up);
  const options = { cacheLifeMs: 600_000, everyMs: 50, overdueMs: 50 };
  const invalidator = new Invalidator(cache, new PendingInvalidations(database), options, silentLogger);
  const reader = new OrderReader({ store: new OrderStore(database), cache });
  const read = async () => {
    const found = await Promise.all(uids.map((uid) => reader.find(uid)));
    return found.map((one) => ({ track: orderOf(one)?.track_number, tier: one?.tier }));
  };
  const close = async () => {
    await invalidator.close();
    await cache.close();
  };
  return { invalidator, read, close };
}

const send = (track: string) => path.send(uids.map((uid) => messageOf(sampleOrder(uid, 1, { track_number: track }))));
const countNotes = async () => (await path.sql`select 1 from pending_invalidations`).length;

for (const [round, point] of POINTS.entries()) {
  test(`kill -9 ${point}: a changed order is read anew`, async () => {
    const keyPrefix = newKeyPrefix();
    const server = await openServer(keyPrefix);
    await send(`first${round}`);
    const consumer = path.start({}, { onChanged: (changed, note) => void server.invalidator.changed(changed, note) });
    await path.drained();
    await consumer.close();
    await server.invalidator.close();
    expect(await countNotes()).toBe(0);
    await until(async () => (await server.read()).every(({ tier }) => tier === 'l1'));

    await send(`second${round}`);
    expect(await consumeUntilKilled(path.place, point)).toBe('SIGKILL');
    await until(async () => (await path.storedOrders()).get('a')?.track_number === `second${round}`);
    // This is what would stay so until the orders' time is over: nobody has told Redis.
    expect((await server.read()).map(({ track }) => track)).toContain(`first${round}`);
    expect(await countNotes()).toBeGreaterThan(0);

    // Any other process that starts, or looks, makes it good, for the whole of the service.
    const other = await openServer(keyPrefix);
    await other.invalidator.start();
    expect(new Set((await other.read()).map(({ track }) => track)).has(`first${round}`)).toBe(false);
    await until(async () => (await server.read()).every(({ track }) => track === `second${round}`), 5_000);
    expect(await countNotes()).toBe(0);
    const last = path.start();
    await path.drained();
    await last.close();
    await Promise.all([server.close(), other.close()]);
  });
}
