import { afterAll, afterEach, expect, test } from 'bun:test';
import type { OrderLog } from '../../src/kafka/read/order-log.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { messageOf, rawMessage, sampleOrder, sampleOrders } from '../helpers/sample-orders.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';
import type { WritePath } from '../helpers/write-path.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
const proxies: FaultProxy[] = [];
/** Seconds PostgreSQL is away; `TEST_LONG=1` takes the minute of a restart with recovery. */
const OUTAGE_MS = process.env['TEST_LONG'] === '1' ? 60_000 : 12_000;

afterEach(async () => {
  // First, because a session that never finishes to log in holds up the dropping of databases.
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  await paths.closeAll();
});
afterAll(() => paths.closeAll());

async function withProxy(): Promise<{ path: WritePath; proxy: FaultProxy; databaseUrl: string }> {
  const path = await paths.open();
  const proxy = await FaultProxy.inFrontOf(path.place.databaseUrl);
  proxies.push(proxy);
  return { path, proxy, databaseUrl: proxy.urlOf(path.place.databaseUrl) };
}

/** Counts the bytes of the records that a fetch has handed over. */
function counting(log: OrderLog, add: (bytes: number) => void): OrderLog {
  return new Proxy(log, {
    get(target, name) {
      if (name === 'fetch') {
        return async (positions: ReadonlyMap<number, number>, waitMs: number) => {
          const fetched = await target.fetch(positions, waitMs);
          for (const { records } of fetched) for (const { size } of records) add(size);
          return fetched;
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

for (const mode of ['refuse', 'black-hole'] as const) {
  test(
    `PostgreSQL away (${mode}): no dead letters, bounded memory, all stored afterwards`,
    async () => {
      const { path, proxy, databaseUrl } = await withProxy();
      const maxBufferedBytes = 1_500_000;
      const maxBytesPerPartition = 100_000;
      let fetched = 0;
      const log = (inner: OrderLog) => counting(inner, (bytes) => (fetched += bytes));
      const tuning = {
        maxBufferedBytes,
        maxBytesPerPartition,
        statementTimeoutMs: 2_000,
        connectTimeoutMs: 1_000,
      };
      const { consumer } = path.start(tuning, { log }, { databaseUrl });
      await path.send([messageOf(sampleOrder('first'))]);
      await path.drained();

      await proxy.setMode(mode);
      const before = fetched;
      const start = performance.now();
      const orders = sampleOrders(5_000);
      for (let at = 0; at < orders.length; at += 50) {
        await path.send(orders.slice(at, at + 50).map((order) => messageOf(order)));
      }
      await until(() => performance.now() - start > OUTAGE_MS, OUTAGE_MS + 30_000, 100);
      expect(consumer.status().waiting).toBe(true);
      // What is fetched while nothing is stored is what is held: full, and over by one fetch at most.
      expect(fetched - before).toBeGreaterThan(maxBufferedBytes / 2);
      expect(fetched - before).toBeLessThan(maxBufferedBytes + path.partitions * maxBytesPerPartition);
      expect(consumer.status().written).toBe(1);

      await proxy.setMode('pass');
      await path.drained(60_000);
      expect(await path.differencesFrom([sampleOrder('first'), ...orders])).toEqual([]);
      expect(await path.deadLetters()).toEqual([]);
    },
    OUTAGE_MS + 120_000,
  );
}

test('a connection that goes silent in a transaction does not hold its partitions', async () => {
  const { path, proxy, databaseUrl } = await withProxy();
  const orders = sampleOrders(600);
  await path.send([...orders.map((order) => messageOf(order)), rawMessage('{')]);
  // The server keeps its end, with the transaction open and the offsets' rows locked: as after a lost network.
  const silent = proxy.onPattern('copy order_items', 'call').then(() => proxy.setMode('black-hole'));
  path.start({ statementTimeoutMs: 2_000, connectTimeoutMs: 1_000 }, {}, { databaseUrl });
  await silent;
  await proxy.setMode('pass');
  await path.drained(30_000);
  expect(await path.differencesFrom(orders)).toEqual([]);
  expect(new Set((await path.deadLetters()).map(({ source }) => source)).size).toBe(1);
});

test('a consumer that is stopped while PostgreSQL is silent stops in time', async () => {
  const { path, proxy, databaseUrl } = await withProxy();
  const { close, consumer } = path.start({ closeMs: 1_000 }, {}, { databaseUrl });
  await until(() => consumer.status().partitions.length === path.partitions, 30_000);
  await proxy.setMode('black-hole');
  await path.send(sampleOrders(100).map((order) => messageOf(order)));
  await until(() => proxy.connections > 0 && consumer.status().stored.size > 0);
  const start = unstalledNow();
  await close();
  expect(unstalledNow() - start).toBeLessThan(10_000);
});

test('no more sessions than maxConnections, however often the connection is lost', async () => {
  const { path, proxy, databaseUrl } = await withProxy();
  const maxConnections = 3;
  const tuning = { maxConnections, transactionsInFlight: 3, maxBatchOrders: 20, statementTimeoutMs: 1_000 };
  const { applicationName } = path.start(tuning, {}, { databaseUrl });
  const orders = sampleOrders(2_000);
  let most = 0;
  const count = async (): Promise<void> => {
    const [row]: { n: number }[] = await path.sql`
      select count(*)::int as n from pg_stat_activity where application_name = ${applicationName}`;
    most = Math.max(most, row?.n ?? 0);
  };
  for (let at = 0; at < orders.length; at += 200) {
    await path.send(orders.slice(at, at + 200).map((order) => messageOf(order)));
    for (let look = 0; look < 5; look += 1) await count();
    proxy.cut();
    await count();
  }
  await path.drained();
  await count();
  expect(await path.differencesFrom(orders)).toEqual([]);
  expect(most).toBeGreaterThan(0);
  // The server may see a session it has lost for a moment longer.
  expect(most).toBeLessThanOrEqual(2 * maxConnections);
  await until(async () => {
    most = 0;
    await count();
    return most <= maxConnections;
  });
});
