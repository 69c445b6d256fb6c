import { afterAll, expect, test } from 'bun:test';
import { ensureEngines } from '../../src/engines/engines.ts';
import { listTopics, withAdmin } from '../../src/kafka/admin/topics.ts';
import type { OutgoingMessage } from '../../src/kafka/send/message-sender.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { settingsWithSeeded } from '../helpers/engine-settings.ts';
import { messageOf, sampleOrder, sampleOrders } from '../helpers/sample-orders.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';
import { WritePath } from '../helpers/write-path.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
afterAll(() => paths.closeAll());

async function recreateTopic(path: WritePath): Promise<void> {
  const { kafka } = path;
  const { topic } = path.place;
  await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topic] }));
  await until(async () => !(await listTopics(kafka)).includes(topic), 30_000, 50);
  await path.createTopics();
}

/** Sends as soon as the sender has heard of the new topic. */
async function sendEventually(path: WritePath, messages: readonly OutgoingMessage[]): Promise<void> {
  await until(() => path.send(messages).then(() => true), 60_000, 100);
}

interface LostRow {
  readonly partition: number;
  readonly lower: number;
  readonly upper: number;
  readonly reason: string;
}

async function lostRanges(path: WritePath): Promise<LostRow[]> {
  return path.sql`select partition, from_offset::int as lower, to_offset::int as upper, reason from lost_ranges`;
}

test('a topic deleted and made anew, under a running consumer and without one: stored from its start', async () => {
  const path = await paths.open({ partitions: 2 });
  const { close, consumer } = path.start();
  const generations = [sampleOrders(500, 'first'), sampleOrders(60, 'second'), sampleOrders(70, 'third')];
  const [first = [], second = [], third = []] = generations;
  await path.send(first.map((order) => messageOf(order)));
  await path.drained();
  await recreateTopic(path);
  await sendEventually(
    path,
    second.map((order) => messageOf(order)),
  );
  await path.drained(60_000);
  expect(consumer.status().rebuilds).toBeGreaterThan(0);
  await close();
  await recreateTopic(path);
  await sendEventually(
    path,
    third.map((order) => messageOf(order)),
  );
  path.start();
  await path.drained(60_000);
  expect(await path.differencesFrom(generations.flat())).toEqual([]);
  expect(await lostRanges(path)).toEqual([]);
});

test('retention past the stored offset of a stopped consumer: the loss is written down, consuming goes on', async () => {
  const path = await paths.open({ partitions: 1 });
  const orders = sampleOrders(300);
  const send = async (from: number, to: number): Promise<void> => {
    await path.send(orders.slice(from, to).map((order) => messageOf(order)));
  };
  const { close } = path.start();
  await send(0, 100);
  await path.drained();
  await close();
  await send(100, 200);
  await deleteBefore(path, 150);
  await send(200, 300);
  const { consumer } = path.start();
  await path.drained();
  expect(await path.differencesFrom([...orders.slice(0, 100), ...orders.slice(150)])).toEqual([]);
  expect(await lostRanges(path)).toEqual([{ partition: 0, lower: 100, upper: 150, reason: 'retention' }]);
  expect(consumer.status().lost).toEqual([{ partition: 0, from: 100, to: 150, reason: 'retention' }]);
});

test('retention that overtakes a running consumer: nothing stored is lost, and the gap is known', async () => {
  const path = await paths.open({ partitions: 1 });
  const orders = sampleOrders(200);
  for (let at = 0; at < orders.length; at += 10) {
    await path.send(orders.slice(at, at + 10).map((order) => messageOf(order)));
  }
  const held = Promise.withResolvers<void>();
  let began = false;
  const { consumer } = path.start(
    // Room for one small fetch at a time.
    { maxBufferedBytes: 1, maxBytesPerPartition: 10_000 },
    {
      sink: (sink) => ({
        write: async (batch) => {
          began = true;
          await held.promise;
          return sink.write(batch);
        },
      }),
    },
  );
  await until(() => began, 60_000);
  await deleteBefore(path, 150);
  held.resolve();
  await path.drained();
  const lower = (await lostRanges(path))[0]?.lower;
  expect(lower).toBeGreaterThan(0);
  expect(lower).toBeLessThan(150);
  expect(await path.differencesFrom([...orders.slice(0, lower), ...orders.slice(150)])).toEqual([]);
  expect(consumer.status().lost).toEqual([{ partition: 0, from: lower ?? -1, to: 150, reason: 'retention' }]);
});

test('a log that ends before a stored offset without an epoch: after a grace all of it is read again', async () => {
  const path = await paths.open({ partitions: 1 });
  const { close } = path.start();
  await path.send([messageOf(sampleOrder('a'))]);
  await path.drained();
  await close();
  // As an earlier version left it, and then the log was cut.
  await path.sql`update consumer_offsets set next_offset = 50, leader_epoch = -1`;
  const { consumer } = path.start();
  await until(() => consumer.status().cuts.length > 0, 60_000, 50);
  await path.send([messageOf(sampleOrder('b'))]);
  await until(async () => (await path.storedOrders()).size === 2, 30_000, 50);
  expect(await lostRanges(path)).toEqual([]);
  expect(consumer.status().cuts).toEqual([{ partition: 0, from: 0, to: 50 }]);
});

test('a broker killed and started again: consuming goes on by itself', async () => {
  const folder = createTempDir();
  const settings = await settingsWithSeeded(['kafka'], folder.path);
  const options = { logger: silentLogger, owner: 'run' } as const;
  const before = await ensureEngines(settings, options);
  let path: WritePath | undefined;
  let after: typeof before | undefined;
  try {
    path = await WritePath.open({ brokers: settings.brokers });
    const { consumer } = path.start({ stallMs: 10_000 });
    const orders = sampleOrders(400);
    await path.send(orders.slice(0, 200).map((order) => messageOf(order)));
    await path.drained();
    const pid = before.statuses.find(({ engine }) => engine === 'kafka')?.pid;
    process.kill(pid ?? 0, 'SIGKILL');
    await until(() => consumer.status().rebuilds > 0, 60_000, 50);
    after = await ensureEngines(settings, options);
    await sendEventually(
      path,
      orders.slice(200).map((order) => messageOf(order)),
    );
    await path.drained(90_000);
    expect(await path.differencesFrom(orders)).toEqual([]);
    expect(await lostRanges(path)).toEqual([]);
  } finally {
    await path?.close();
    await after?.close();
    await before.close();
    folder.remove();
  }
});

async function deleteBefore({ kafka, place }: WritePath, offset: number): Promise<void> {
  await withAdmin(kafka, (admin) =>
    admin.deleteRecords({
      topics: [{ name: place.topic, partitions: [{ partition: 0, offset: BigInt(offset) }] }],
    }),
  );
}
