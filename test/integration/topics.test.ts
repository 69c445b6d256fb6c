import { afterAll, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { ensureTopics, settleTopics, withAdmin } from '../../src/kafka/admin/topics.ts';
import { createMessageSender } from '../../src/kafka/send/sender.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { testEngines } from '../helpers/engines.ts';
import { messageOf, sampleOrder } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';

const prefix = `topics-${randomBytes(4).toString('hex')}`;
const { kafka } = testEngines();
const names: string[] = [];

afterAll(async () => {
  await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: names }));
});

test('a topic that was just created can be written to at once', async () => {
  for (let round = 0; round < 5; round += 1) {
    const name = `${prefix}-${round}`;
    names.push(name);
    expect(await ensureTopics(kafka, [{ name, partitions: 12, replicationFactor: 1 }])).toEqual([name]);
    const sender = createMessageSender(kafka, { clientId: 'test', logger: silentLogger });
    const messages = Array.from({ length: 50 }, (_, index) => messageOf(sampleOrder(`uid-${index}`)));
    expect(await sender.send(name, messages)).toHaveLength(50);
    await sender.close();
  }
});

test('a topic that exists is left as it is', async () => {
  const [name = ''] = names;
  expect(await ensureTopics(kafka, [{ name, partitions: 99, replicationFactor: 1 }])).toEqual([]);
  const metadata = await withAdmin(kafka, (admin) => admin.metadata({ topics: [name] }));
  expect(metadata.topics.get(name)?.partitionsCount).toBe(12);
});

test('a dead-letter topic made with other settings than ours gets those that nobody has set for it', async () => {
  const configs = { 'max.message.bytes': '12582912', 'retention.ms': '-1' };
  const [plain, own] = [`${prefix}-plain`, `${prefix}-own`];
  names.push(plain, own);
  const topic = { partitions: 1, replicationFactor: 1 };
  await ensureTopics(kafka, [
    { name: plain, ...topic },
    { name: own, ...topic, configs: { 'retention.ms': '60000' } },
  ]);
  const wanted = [plain, own].map((name) => ({ name, ...topic, configs }));
  expect((await settleTopics(kafka, wanted)).toSorted()).toEqual([
    `${own} max.message.bytes=12582912`,
    `${plain} max.message.bytes=12582912`,
    `${plain} retention.ms=-1`,
  ]);
  await until(async () => (await settleTopics(kafka, wanted)).length === 0);
});
