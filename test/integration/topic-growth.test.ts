import { afterAll, expect, test } from 'bun:test';
import { GroupCatalog } from '../../src/kafka/admin/group-catalog.ts';
import { KeptAdmin } from '../../src/kafka/admin/kept-admin.ts';
import { TopicCatalog } from '../../src/kafka/admin/topic-catalog.ts';
import { withAdmin } from '../../src/kafka/admin/topics.ts';
import type { KafkaClients } from '../../src/kafka/clients.ts';
import { TopicReader } from '../../src/kafka/read/topic-reader.ts';
import { partitionOfKey } from '../../src/kafka/send/partitioner.ts';
import { messageOf, rawMessage, sampleOrders } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
afterAll(() => paths.closeAll());

test('partitions added to the topic while it is read: read by the group, and counted everywhere at once', async () => {
  const path = await paths.open({ partitions: 1 });
  const { topic, group } = path.place;
  const orders = sampleOrders(60);
  const consumers = [path.start(), path.start()].map(({ consumer }) => consumer);
  const rebuilds = () => consumers.map((consumer) => consumer.status().rebuilds);
  const assigned = () => consumers.flatMap((consumer) => consumer.status().partitions).sort();
  await path.send(orders.slice(0, 10).map((order) => messageOf(order)));
  await path.drained();
  const admin = new KeptAdmin(path.kafka, { clientId: 'test', timeoutMs: 5_000 });
  const reader = await TopicReader.open(path.kafka, { topic });
  const stop = new AbortController();
  const seen = new Set<number>();
  const following = (async () => {
    for await (const { partition } of reader.follow(stop.signal)) seen.add(partition);
  })();
  try {
    const before = rebuilds();
    await grow(path.kafka, topic, 4);
    // The sender knows of one partition only, and yet takes what is for another.
    await path.send(orders.slice(10).map((order, at) => messageOf(order, { partition: at % 4 })));
    expect([...(await reader.ranges()).keys()]).toEqual([0, 1, 2, 3]);
    const counted = await new GroupCatalog(admin, new TopicCatalog(admin)).find(group);
    expect(counted?.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    expect(counted?.partitions.reduce((sum, { end = 0 }) => sum + end, 0)).toBe(60);
    await until(() => assigned().join() === '0,1,2,3', 60_000);
    await path.drained();
    expect(rebuilds()).toEqual(before);
    expect(await path.differencesFrom(orders)).toEqual([]);
    // Keys find the added partitions, too.
    const key = orders.map(({ order_uid }) => order_uid).find((uid) => partitionOfKey(Buffer.from(uid), 4) === 3) ?? '';
    await until(async () => (await path.send([rawMessage('{', key)]))[0]?.partition === 3, 60_000, 200);
    await until(() => seen.size === 4, 60_000);
  } finally {
    stop.abort();
    await following;
    await Promise.all([reader.close(), admin.close()]);
  }
}, 180_000);

test('partitions added to the dead-letter topic while letters are written and read', async () => {
  const path = await paths.open({ partitions: 1 });
  const { deadLetterTopic } = path.place;
  let sent = 0;
  const sendBad = () => path.send([rawMessage('{', `bad-${sent++}`)]);
  path.start();
  await sendBad();
  await path.drained();
  await grow(path.kafka, deadLetterTopic, 3);
  await until(
    async () => {
      await sendBad();
      const reader = await TopicReader.open(path.kafka, { topic: deadLetterTopic });
      const ranges = await reader.ranges().finally(() => reader.close());
      return [...ranges.values()].filter(({ end }) => end > 0).length === 3;
    },
    60_000,
    500,
  );
  await path.drained();
  const sources = (await path.deadLetters()).map(({ source }) => source);
  expect([sources.length, new Set(sources).size]).toEqual([sent, sent]);
}, 180_000);

async function grow(kafka: KafkaClients, topic: string, count: number): Promise<void> {
  await withAdmin(kafka, (admin) => admin.createPartitions({ topics: [{ name: topic, count, assignments: null }] }));
}
