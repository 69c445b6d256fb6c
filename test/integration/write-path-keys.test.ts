import { afterAll, expect, test } from 'bun:test';
import type { Order } from '../../src/order/order.ts';
import { messageOf, sampleOrder } from '../helpers/sample-orders.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
afterAll(() => paths.closeAll());

test('the same key twice in a batch: the last message counts, an identical one changes nothing', async () => {
  const path = await paths.open({ partitions: 1 });
  const first = sampleOrder('a', 3);
  const last = sampleOrder('a', 1, { locale: 'last' });
  const other = sampleOrder('b', 2);
  const positions = await path.send([first, other, last, other].map((order) => messageOf(order)));
  const reported: string[] = [];
  const { consumer } = path.start({}, { onChanged: (uids) => reported.push(...uids) });
  await path.drained();
  expect(await path.differencesFrom([last, other])).toEqual([]);
  expect((await path.stored()).get('a')?.origin.offset).toBe(positions[2]?.offset ?? -1n);
  expect(consumer.status()).toMatchObject({ written: 2, unchanged: 2, changed: 0 });
  expect(reported).toEqual([]);
});

test('an identical order again is left as it is, down to where it came from', async () => {
  const path = await paths.open({ partitions: 1 });
  const order = sampleOrder('a', 2, { date_created: '2021-11-26T06:22:19.5Z' });
  const sameInstant = { ...order, date_created: '2021-11-26T08:22:19.500+02:00' };
  const { consumer } = path.start();
  await path.send([messageOf(order)]);
  await path.drained();
  const before = await path.stored();
  await path.send([messageOf(order), messageOf(sameInstant)]);
  await path.drained();
  expect(await path.stored()).toEqual(before);
  expect(consumer.status()).toMatchObject({ written: 1, unchanged: 2, changed: 0 });
});

test('a changed order replaces the old one with its items, more or fewer, and is reported', async () => {
  const path = await paths.open({ partitions: 1 });
  const reported: string[] = [];
  path.start({}, { onChanged: (uids) => reported.push(...uids) });
  const versions = [
    [sampleOrder('grows', 1), sampleOrder('shrinks', 5), sampleOrder('stays', 2), sampleOrder('item', 3)],
    [
      sampleOrder('grows', 4),
      sampleOrder('shrinks', 1),
      sampleOrder('stays', 2),
      withItemName(sampleOrder('item', 3), 'another'),
      sampleOrder('new'),
    ],
  ];
  for (const orders of versions) {
    await path.send(orders.map((order) => messageOf(order)));
    await path.drained();
    expect(await path.differencesFrom(orders)).toEqual([]);
  }
  expect(reported.sort()).toEqual(['grows', 'item', 'shrinks']);
});

test('items of different orders with equal ids do not overwrite one another', async () => {
  const path = await paths.open();
  // The sample's chrt_id, nm_id and track number are the same in every one.
  const orders = Array.from({ length: 50 }, (_, at) => {
    const order = sampleOrder(`order-${at}`, 3);
    return { ...order, items: order.items.map((item) => ({ ...item, rid: 'the-same' })) };
  });
  path.start();
  await path.send(orders.map((order) => messageOf(order)));
  await path.drained();
  expect(await path.differencesFrom(orders)).toEqual([]);
});

test('two consumers with the same keys in opposite order: no deadlock surfaces, both get through', async () => {
  const path = await paths.open({ partitions: 2 });
  const uids = Array.from({ length: 400 }, (_, at) => `key-${String(at).padStart(4, '0')}`);
  const rounds = 6;
  const consumers = [path.start({ transactionsInFlight: 2 }), path.start({ transactionsInFlight: 2 })];
  for (let round = 0; round < rounds; round += 1) {
    const version = (partition: number) => (uid: string) =>
      messageOf(sampleOrder(uid, 1 + partition, { locale: `${partition}-${round}` }), { partition });
    await Promise.all([path.send(uids.map(version(0))), path.send([...uids].reverse().map(version(1)))]);
  }
  await path.drained(60_000);
  const orders = await path.storedOrders();
  expect([...orders.keys()].sort()).toEqual(uids);
  // Which partition came last is open, but each order is one of the two last versions, whole.
  for (const order of orders.values()) expect(isVersion(order, rounds - 1)).toBe(true);
  expect(await path.deadLetters()).toEqual([]);
  const handled = consumers.map(({ consumer }) => consumer.status());
  expect(handled.reduce((sum, one) => sum + one.written + one.unchanged, 0)).toBe(2 * rounds * uids.length);
});

function withItemName(order: Order, name: string): Order {
  return { ...order, items: order.items.map((item, at) => (at === 1 ? { ...item, name } : item)) };
}

function isVersion(order: Order, round: number): boolean {
  const [partition, version] = order.locale.split('-').map(Number);
  return version === round && order.items.length === 1 + (partition ?? -1);
}
