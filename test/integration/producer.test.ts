import { afterEach, expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_NAMES } from '../../src/contract/generator.ts';
import { ensureTopics } from '../../src/kafka/admin/topics.ts';
import { TopicReader } from '../../src/kafka/read/topic-reader.ts';
import { createMessageSender } from '../../src/kafka/send/sender.ts';
import { decodeOrder } from '../../src/order/decode.ts';
import { parseFaults } from '../../src/producer/faults.ts';
import { type ManifestEntry, ManifestWriter } from '../../src/producer/manifest.ts';
import { OrderProducer } from '../../src/producer/producer.ts';
import { createSource } from '../../src/producer/source.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { testEngines } from '../helpers/engines.ts';
import { createTempDir } from '../helpers/temp-dir.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test('the manifest says of every message of a topic that is not a plain order what and where it is', async () => {
  const { kafka } = testEngines();
  const topic = `producer-${randomUUID()}`;
  await ensureTopics(kafka, [{ name: topic, partitions: 3, replicationFactor: 1 }]);
  const folder = createTempDir('producer-');
  cleanups.push(folder.remove);
  const path = join(folder.path, 'manifest.ndjson');
  const count = 2_000;
  const faults = parseFaults(FAULT_NAMES.map((name) => `${name}=${name === 'oversize' ? 0.5 : 2}%`).join());
  const manifest = new ManifestWriter(path, { seed: 11, count, topic, started: new Date().toISOString() });
  const sender = createMessageSender(kafka, { clientId: 'producer-test', logger: silentLogger });
  cleanups.push(() => sender.close());
  const producer = new OrderProducer({
    sender,
    topic,
    source: createSource({ seed: 11, count, faults }),
    logger: silentLogger,
    onSent: (sent) => manifest.record(sent),
  });
  expect(await producer.start()).toMatchObject({ sent: count, failed: 0 });
  manifest.close();

  const [header, ...lines] = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(header).toMatchObject({ seed: 11, count, topic });
  const entries = new Map<string, ManifestEntry>(lines.map((entry) => [`${entry.partition}/${entry.offset}`, entry]));
  expect(new Set(lines.map((entry) => entry.fault)).size).toBe(FAULT_NAMES.length);

  const reader = await TopicReader.open(kafka, { topic });
  cleanups.push(() => reader.close());
  let read = 0;
  const plain = new Set<string>();
  for await (const { partition, records } of reader.read(await reader.ranges())) {
    for (const { offset, key, value } of records) {
      read += 1;
      const entry = entries.get(`${partition}/${offset}`);
      const decoded = decodeOrder(value, { maxBytes: 524_288, now: Date.now });
      expect(decoded.ok ? null : decoded.reason).toBe(entry?.expectedReason ?? null);
      if (entry === undefined) {
        expect(plain.has(String(key))).toBe(false);
        plain.add(String(key));
      } else {
        expect(String(key)).toBe(entry.order_uid);
      }
    }
  }
  expect(read).toBe(count);
  expect(plain.size).toBe(count - entries.size);
});
