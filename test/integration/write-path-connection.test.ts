import { afterAll, afterEach, expect, test } from 'bun:test';
import type { PatternAction } from '../helpers/fault-proxy.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { messageOf, rawMessage, sampleOrder, sampleOrders } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';
import type { WritePath } from '../helpers/write-path.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
const proxies: FaultProxy[] = [];

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

const CUTS: readonly (readonly [string, string, PatternAction])[] = [
  ['COMMIT is lost on its way, so nothing is committed', 'COMMIT', 'reset-before'],
  ['the answer to COMMIT is lost, so all is committed and nobody knows', 'COMMIT', 'reset-at-answer'],
  ['the connection is reset at BEGIN', 'BEGIN', 'reset-before'],
  ['the connection is reset in the middle of COPY', 'cut-here', 'reset-before'],
  ['the connection is reset between the two COPYs', 'copy order_items', 'reset-before'],
  ['the answer to the second COPY is lost', 'copy order_items', 'reset-at-answer'],
];

for (const [name, pattern, action] of CUTS) {
  test(`${name}: every order is stored once, the bad one is a dead letter`, async () => {
    const { path, proxy, databaseUrl } = await withProxy();
    const orders = sampleOrders(900);
    orders[450] = sampleOrder('marked', 2, { customer_id: 'cut-here' });
    await path.send([...orders.map((order) => messageOf(order)), rawMessage('{', 'bad')]);
    const cut = proxy.onPattern(pattern, action);
    const { consumer } = path.start({}, {}, { databaseUrl });
    await cut;
    await path.drained();
    expect(await path.differencesFrom(orders)).toEqual([]);
    const letters = await path.deadLetters();
    expect(new Set(letters.map(({ source, reason }) => `${source} ${reason}`)).size).toBe(1);
    // What was committed without an answer is not counted: the batch was found to be done.
    expect(consumer.status().written).toBeLessThanOrEqual(900);
  });
}

test('a changed order whose COMMIT was not answered is reported as changed all the same', async () => {
  const { path, proxy, databaseUrl } = await withProxy();
  const reported: string[] = [];
  path.start({}, { onChanged: (uids) => reported.push(...uids) }, { databaseUrl });
  await path.send([messageOf(sampleOrder('a', 2))]);
  await path.drained();
  const cut = proxy.onPattern('COMMIT', 'reset-at-answer');
  const changed = sampleOrder('a', 1, { locale: 'changed' });
  await path.send([messageOf(changed)]);
  await cut;
  await path.drained();
  await until(() => reported.length > 0);
  expect(new Set(reported)).toEqual(new Set(['a']));
  expect(await path.differencesFrom([changed])).toEqual([]);
});

test('sessions killed between statements, over and over: every order is stored once', async () => {
  const path = await paths.open();
  const { applicationName } = path.start({ maxBatchOrders: 50 });
  const orders = sampleOrders(3000);
  let killed = 0;
  for (let at = 0; at < orders.length; at += 300) {
    await path.send(orders.slice(at, at + 300).map((order) => messageOf(order)));
    await until(async () => {
      const rows: { ended: boolean }[] = await path.sql`
        select pg_terminate_backend(pid) as ended from pg_stat_activity
        where application_name = ${applicationName} and state = 'idle in transaction'`;
      killed += rows.length;
      return rows.length > 0;
    }, 1_000).catch(() => {});
  }
  await path.drained();
  expect(await path.differencesFrom(orders)).toEqual([]);
  expect(killed).toBeGreaterThan(0);
  expect(await path.deadLetters()).toEqual([]);
});
