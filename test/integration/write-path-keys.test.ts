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
  // All are of one instant, so the higher partition has the last word, whichever was read last; and each order is
  // whole.
  for (const order of orders.values()) expect(isVersion(order, 1, rounds - 1)).toBe(true);
  expect(await path.deadLetters()).toEqual([]);
  const handled = consumers.map(({ consumer }) => consumer.status());
  expect(handled.reduce((sum, one) => sum + one.written + one.unchanged, 0)).toBe(2 * rounds * uids.length);
});

test('of versions of an order in several partitions the newest is stored, in whatever order they are read', async () => {
  const path = await paths.open({ partitions: 3 });
  const version = (uid: string, partition: number, producedAt: number, locale: string) => {
    const order = sampleOrder(uid, 1, { locale });
    return messageOf(order, { partition, headers: { 'produced-at': String(producedAt) } });
  };
  const reported: string[] = [];
  const { consumer } = path.start({}, { onChanged: (uids) => reported.push(...uids) });
  const steps = [
    [version('newer-last', 0, 1_000, 'old'), version('older-last', 2, 2_000, 'new')],
    [version('newer-last', 1, 2_000, 'new'), version('older-last', 0, 1_000, 'old')],
    // At the same instant the higher partition counts, and within a partition the log does, whatever the clock says.
    [version('tie-up', 0, 1_000, 'low'), version('tie-down', 1, 1_000, 'high'), version('log', 0, 2_000, 'first')],
    [version('tie-up', 1, 1_000, 'high'), version('tie-down', 0, 1_000, 'low'), version('log', 0, 1_000, 'last')],
    // What says the same and is newer is what later ones are compared with.
    [version('again', 0, 1_000, 'same')],
    [version('again', 1, 3_000, 'same')],
    [version('again', 0, 2_000, 'between')],
  ];
  for (const messages of steps) {
    await path.send(messages);
    await path.drained();
  }
  // All in one batch.
  await path.send([
    version('batch', 2, 1_000, 'old'),
    version('batch', 1, 2_000, 'new'),
    version('batch', 0, 1_500, 'mid'),
  ]);
  await path.drained();
  const stored = await path.stored();
  expect(Object.fromEntries([...stored].map(([uid, { order }]) => [uid, order.locale]))).toEqual({
    'newer-last': 'new',
    'older-last': 'new',
    'tie-up': 'high',
    'tie-down': 'high',
    log: 'last',
    again: 'same',
    batch: 'new',
  });
  expect(stored.get('again')?.origin).toMatchObject({ partition: 1, producedAt: 3_000 });
  // The cache is told of what changed, and of nothing that did not.
  expect(new Set(reported)).toEqual(new Set(['newer-last', 'tie-up', 'log', 'again']));
  expect(consumer.status().deadLettered).toBe(0);
});

function withItemName(order: Order, name: string): Order {
  return { ...order, items: order.items.map((item, at) => (at === 1 ? { ...item, name } : item)) };
}

function isVersion(order: Order, partition: number, round: number): boolean {
  return order.locale === `${partition}-${round}` && order.items.length === 1 + partition;
}
