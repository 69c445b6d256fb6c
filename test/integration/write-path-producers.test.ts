import { afterAll, expect, test } from 'bun:test';
import { withAdmin } from '../../src/kafka/admin/topics.ts';
import type { Order } from '../../src/order/order.ts';
import { kcatSend, TransactionalProducer } from '../helpers/other-producers.ts';
import { messageOf, sampleOrders } from '../helpers/sample-orders.ts';
import type { WritePath } from '../helpers/write-path.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
afterAll(() => paths.closeAll());

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const line = (order: Order): string => `${order.order_uid}\t${JSON.stringify(order)}`;

/** Bytes of the topic on the broker's disk. */
async function bytesOnDisk({ kafka, place, partitions }: WritePath): Promise<number> {
  const topics = [{ name: place.topic, partitions: Array.from({ length: partitions }, (_, at) => at) }];
  const answers = await withAdmin(kafka, (admin) => admin.describeLogDirs({ topics }));
  const sizes = answers.flatMap(({ results }) => results.flatMap((result) => result.topics));
  return sizes.flatMap((topic) => topic.partitions).reduce((sum, one) => sum + Number(one.partitionSize), 0);
}

for (const codec of CODECS) {
  test(`${codec}, compressed by librdkafka and by the broker's Java library`, async () => {
    const byClient = await paths.open();
    const byBroker = await paths.open({ configs: { 'compression.type': codec } });
    const orders = sampleOrders(1_000);
    const { brokers, topic } = byClient.place;
    await kcatSend(brokers, topic, orders.map(line), ['-K', '\t', '-z', codec, '-X', 'linger.ms=100']);
    await byBroker.send(orders.map((order) => messageOf(order)));
    const plain = Buffer.byteLength(orders.map(line).join(''));
    expect(await bytesOnDisk(byClient)).toBeLessThan(plain / 2);
    expect(await bytesOnDisk(byBroker)).toBeLessThan(plain / 2);
    for (const path of [byClient, byBroker]) {
      path.start();
      await path.drained();
      expect(await path.differencesFrom(orders)).toEqual([]);
    }
  });
}

test('messages without a key and without headers, spread by another partitioner', async () => {
  const path = await paths.open();
  const orders = sampleOrders(600);
  const { brokers, topic } = path.place;
  const before = Date.now();
  await kcatSend(
    brokers,
    topic,
    orders.slice(0, 300).map((order) => JSON.stringify(order)),
    [],
  );
  await kcatSend(brokers, topic, orders.slice(300).map(line), ['-K', '\t', '-X', 'partitioner=fnv1a']);
  path.start();
  await path.drained();
  expect(await path.differencesFrom(orders)).toEqual([]);
  // Without the header the record's own timestamp counts.
  for (const { origin } of (await path.stored()).values()) {
    expect(origin.producedAt).toBeGreaterThanOrEqual(before);
    expect(origin.producedAt).toBeLessThanOrEqual(Date.now());
  }
  expect(await path.deadLetters()).toEqual([]);
});

test('a transaction of librdkafka is stored', async () => {
  const path = await paths.open();
  const orders = sampleOrders(200);
  const { brokers, topic } = path.place;
  await kcatSend(brokers, topic, orders.map(line), ['-K', '\t', '-X', `transactional.id=${topic}`]);
  path.start();
  await path.drained();
  expect(await path.differencesFrom(orders)).toEqual([]);
});

test('aborted transactions are never stored, committed ones are, and the offsets reach the end', async () => {
  const path = await paths.open({ partitions: 2 });
  const { kafka } = path;
  const { topic } = path.place;
  const one = new TransactionalProducer(kafka, topic, `${topic}-one`);
  const two = new TransactionalProducer(kafka, topic, `${topic}-two`);
  const stored: Order[] = [];
  const send = async (to: { send(messages: ReturnType<typeof messageOf>[]): Promise<void> }, orders: Order[]) => {
    for (let at = 0; at < orders.length; at += 50) {
      await to.send(orders.slice(at, at + 50).map((order, n) => messageOf(order, { partition: n % 2 })));
    }
  };
  const { consumer } = path.start({ maxBytesPerPartition: 30_000 });
  // An aborted one so long that its marker comes many fetches later, with others' messages in between.
  const long = await one.begin();
  for (let round = 0; round < 8; round += 1) {
    await send(long, sampleOrders(200, `aborted-${round}`));
    const other = await two.begin();
    const orders = sampleOrders(40, `two-${round}`);
    await send(other, orders);
    if (round % 2 === 0) {
      await other.commit();
      stored.push(...orders);
    } else {
      await other.abort();
    }
    const plain = sampleOrders(20, `plain-${round}`);
    await path.send(plain.map((order, at) => messageOf(order, { partition: at % 2 })));
    stored.push(...plain);
  }
  // Behind the open transaction nothing may be read, committed or not.
  expect((await path.storedOrders()).size).toBe(0);
  await long.abort();
  const again = await one.begin();
  const late = sampleOrders(30, 'late');
  await send(again, late);
  await again.commit();
  stored.push(...late);
  const last = await two.begin();
  await send(last, sampleOrders(10, 'last'));
  await last.abort();

  await path.drained();
  expect(await path.differencesFrom(stored)).toEqual([]);
  expect(await path.deadLetters()).toEqual([]);
  expect(consumer.status()).toMatchObject({ written: stored.length, lost: [] });
  await Promise.all([one.close(), two.close()]);
});
