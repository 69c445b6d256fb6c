import { afterEach, describe, expect, setSystemTime, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEngines, stopEngines } from '../../src/engines/engines.ts';
import { ensureTopics } from '../../src/kafka/admin/topics.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { TopicReader } from '../../src/kafka/read/topic-reader.ts';
import {
  type MessageSender,
  MessagesRejectedError,
  type OutgoingMessage,
  type SentPosition,
} from '../../src/kafka/send/message-sender.ts';
import { partitionOfKey } from '../../src/kafka/send/partitioner.ts';
import { createMessageSender, type MessageSenderOptions } from '../../src/kafka/send/sender.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { settingsWithSeeded } from '../helpers/engine-settings.ts';
import { testEngines } from '../helpers/engines.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { unstalledNow } from '../helpers/unstalled.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function newTopic(kafka: KafkaClients, configs: Record<string, string> = {}): Promise<string> {
  const name = `sender-${randomUUID()}`;
  await ensureTopics(kafka, [{ name, partitions: 3, replicationFactor: 1, configs }]);
  return name;
}

function newSender(kafka: KafkaClients, options: Partial<MessageSenderOptions> = {}): MessageSender {
  const sender = createMessageSender(kafka, { clientId: 'sender-test', logger: silentLogger, ...options });
  cleanups.push(() => sender.close());
  return sender;
}

function message(
  key: string | null,
  value: string | Buffer | null = 'v',
  rest: Partial<OutgoingMessage> = {},
): OutgoingMessage {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: {},
    ...rest,
  };
}

interface Stored {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Record<string, string>;
}

/** All there is in the topic, by `partition/offset`. */
async function stored(kafka: KafkaClients, topic: string): Promise<Map<string, Stored>> {
  const reader = await TopicReader.open(kafka, { topic });
  const found = new Map<string, Stored>();
  try {
    for await (const { partition, records } of reader.read(await reader.ranges())) {
      for (const record of records) {
        found.set(`${partition}/${record.offset}`, {
          key: record.key === null ? null : String(record.key),
          value: record.value === null ? null : String(record.value),
          headers: Object.fromEntries(record.headers.map(([name, value]) => [String(name), String(value)])),
        });
      }
    }
  } finally {
    await reader.close();
  }
  return found;
}

const at = ({ partition, offset }: SentPosition): string => `${partition}/${offset}`;

describe('createMessageSender', () => {
  test('tells where each message went, in the order given', async () => {
    const { kafka } = testEngines();
    const topic = await newTopic(kafka);
    const messages = [
      message('a', 'first', { headers: { 'content-type': 'text/plain', bytes: Buffer.from('жук') } }),
      message('b', null),
      message(null, 'no key'),
      message('c', 'chosen', { partition: 2 }),
      ...Array.from({ length: 500 }, (_, n) => message(`k${n}`, `v${n}`)),
    ];
    const sender = newSender(kafka);
    const positions = await sender.send(topic, messages);
    const found = await stored(kafka, topic);
    expect(found.size).toBe(messages.length);
    positions.forEach((position, index) => {
      const { key = null, value = null } = messages[index] ?? {};
      expect(found.get(at(position))).toMatchObject({
        key: key && String(key),
        value: value && String(value),
      });
    });
    expect(found.get(at(positions[0] ?? { partition: -1, offset: 0n }))?.headers).toEqual({
      'content-type': 'text/plain',
      bytes: 'жук',
    });
    expect(positions[3]?.partition).toBe(2);
    expect(positions[0]?.partition).toBe(partitionOfKey(Buffer.from('a'), 3));
    expect(await sender.send(topic, [])).toEqual([]);
  });

  test('spreads messages without a key', async () => {
    const { kafka } = testEngines();
    const topic = await newTopic(kafka);
    const positions = await newSender(kafka).send(
      topic,
      Array.from({ length: 30 }, () => message(null)),
    );
    const counts = Map.groupBy(positions, ({ partition }) => partition);
    expect([...counts.values()].map(({ length }) => length)).toEqual([10, 10, 10]);
  });

  test('keeps the order of calls for one key, many calls in flight', async () => {
    const { kafka } = testEngines();
    const topic = await newTopic(kafka);
    const sender = newSender(kafka);
    const sent = await Promise.all(
      Array.from({ length: 300 }, (_, n) => sender.send(topic, [message('same', `${n}`)])),
    );
    const offsets = sent.flat().map(({ offset }) => Number(offset));
    expect(offsets).toEqual(Array.from({ length: 300 }, (_, n) => n));
    expect([...(await stored(kafka, topic)).values()].map(({ value }) => Number(value))).toEqual(offsets);
  });

  test('sends more than fits in one batch', async () => {
    const { kafka } = testEngines();
    const topic = await newTopic(kafka);
    const value = 'x'.repeat(300_000);
    const messages = Array.from({ length: 10 }, (_, n) => message('big', value, { headers: { n: String(n) } }));
    const positions = await newSender(kafka).send(topic, messages);
    expect(positions.map(({ offset }) => Number(offset))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('a message too large for the broker is refused alone', async () => {
    const { kafka } = testEngines();
    const topic = await newTopic(kafka, { 'max.message.bytes': '20000' });
    const sender = newSender(kafka);
    const messages = Array.from({ length: 40 }, (_, n) =>
      message('k', n === 17 ? 'x'.repeat(30_000) : 'x'.repeat(1_000)),
    );
    const error: unknown = await sender.send(topic, messages).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MessagesRejectedError);
    if (!(error instanceof MessagesRejectedError)) return;
    expect(error).toMatchObject({ code: 'kafka_rejected', retryable: false });
    expect([...error.rejected]).toEqual([[17, 'too_large']]);
    const found = await stored(kafka, topic);
    expect(found.size).toBe(39);
    error.positions.forEach((position, index) => {
      if (index !== 17) expect(found.has(at(position))).toBe(true);
    });
    expect(await sender.send(topic, [message('k')])).toHaveLength(1);
  });

  for (const [where, hours] of [
    ['ahead of', 2],
    ['behind', -2],
  ] as const) {
    test(`a clock two hours ${where} the broker's is named, and what need not have a time is sent without`, async () => {
      const { kafka } = testEngines();
      const topic = await newTopic(kafka, { 'message.timestamp.before.max.ms': '3600000' });
      cleanups.push(() => setSystemTime());
      const messages = Array.from({ length: 40 }, (_, n) => message(`k${n}`));
      // Until the partitions of a new topic are led, the fate of an attempt is unknown, and no refusal counts.
      const timely = await newSender(kafka).send(topic, messages);
      setSystemTime(new Date(Date.now() + hours * 3_600_000));
      await expect(newSender(kafka).send(topic, messages)).rejects.toMatchObject({
        code: 'kafka_refuses',
        retryable: false,
        message: expect.stringMatching(/INVALID_TIMESTAMP.*This machine's clock.*set the clock\.$/s),
        rejected: new Map(messages.map((_, n) => [n, 'clock'])),
      });
      const positions = await newSender(kafka, { timeOptional: true }).send(topic, messages);
      expect([...(await stored(kafka, topic)).keys()].sort()).toEqual([...timely, ...positions].map(at).sort());
    });
  }

  test('a topic or partition that is not there is an error at once', async () => {
    const { kafka } = testEngines();
    const sender = newSender(kafka);
    await expect(sender.send(`none-${randomUUID()}`, [message('a')])).rejects.toMatchObject({
      code: 'topic_missing',
    });
    const topic = await newTopic(kafka);
    await expect(sender.send(topic, [message('a', 'v', { partition: 3 })])).rejects.toMatchObject({
      code: 'kafka_rejected',
    });
  });

  test('nobody there: kafka_unavailable at the deadline, and close() is prompt', async () => {
    const sender = newSender(new KafkaClients({ brokers: ['127.0.0.1:1'] }), { sendTimeoutMs: 300 });
    const begun = unstalledNow();
    const refused = expect(sender.send('orders', [message('a')])).rejects.toMatchObject({
      code: 'kafka_unavailable',
      retryable: true,
    });
    await sender.close();
    await sender.close();
    await refused;
    expect(unstalledNow() - begun).toBeLessThan(2_000);
    await expect(sender.send('orders', [message('a')])).rejects.toMatchObject({ code: 'aborted' });
  });

  test('close() waits for what is in flight and leaves no socket', async () => {
    const { kafka } = testEngines();
    const topic = await newTopic(kafka);
    const before = sockets();
    const sender = newSender(kafka);
    const sending = sender.send(
      topic,
      Array.from({ length: 2_000 }, (_, n) => message(`k${n}`)),
    );
    await sender.close();
    expect(await sending).toHaveLength(2_000);
    expect(sockets()).toBeLessThanOrEqual(before);
  });
});

describe('createMessageSender and a broker that fails', () => {
  test('kill -9, restart and a frozen broker: every message once, in order, at the position told', async () => {
    const folder = createTempDir('sender-');
    cleanups.push(folder.remove);
    const settings = await settingsWithSeeded(['kafka'], join(folder.path, 'data'));
    cleanups.push(() => stopEngines(settings, silentLogger));
    const start = async (): Promise<number> => {
      const { statuses } = await ensureEngines(settings, { logger: silentLogger, owner: 'up' });
      const pid = statuses.find(({ engine }) => engine === 'kafka')?.pid;
      if (pid === undefined) throw new Error('Kafka has no pid');
      return pid;
    };
    let pid = await start();
    const kafka = new KafkaClients(settings);
    const topic = await newTopic(kafka);
    const sender = newSender(kafka, { sendTimeoutMs: 120_000, requestTimeoutMs: 1_000 });
    const told = new Map<string, string>();
    let next = 0;
    let stop = false;
    const value = Buffer.alloc(1_000, 'x');
    const lane = async (): Promise<void> => {
      while (!stop) {
        const keys = Array.from({ length: 200 }, () => String(next++));
        const positions = await sender.send(
          topic,
          keys.map((key) => ({ key: Buffer.from(key), value, headers: {} })),
        );
        for (const [index, position] of positions.entries()) told.set(at(position), keys[index] ?? '');
      }
    };
    const lanes = Promise.all([lane(), lane(), lane(), lane()]);
    const sendSome = async (): Promise<void> => {
      for (const goal = told.size + 5_000; told.size < goal; ) await Bun.sleep(5);
    };
    await sendSome();
    for (let round = 0; round < 2; round += 1) {
      process.kill(pid, 'SIGKILL');
      await Bun.sleep(50);
      pid = await start();
      await sendSome();
      process.kill(pid, 'SIGSTOP');
      await Bun.sleep(2_500);
      process.kill(pid, 'SIGCONT');
      await sendSome();
    }
    stop = true;
    await lanes;
    const found = await stored(kafka, topic);
    expect(found.size).toBe(next);
    expect(told.size).toBe(next);
    for (const [position, key] of told)
      if (found.get(position)?.key !== key) throw new Error(`${key} is not at ${position}`);

    // One that is given up, and then written after all, hides no later one.
    const other = await newTopic(kafka);
    const hasty = newSender(kafka, { sendTimeoutMs: 1_500, requestTimeoutMs: 500 });
    await hasty.send(other, [message('first', 'v', { partition: 0 })]);
    process.kill(pid, 'SIGSTOP');
    await expect(hasty.send(other, [message('given up', 'v', { partition: 1 })])).rejects.toMatchObject({
      code: 'kafka_unavailable',
    });
    process.kill(pid, 'SIGCONT');
    const patient = async (): Promise<readonly SentPosition[]> =>
      hasty.send(other, [message('later', 'v', { partition: 1 })]).catch(patient);
    const [position] = await patient();
    if (position === undefined) throw new Error('no position');
    expect((await stored(kafka, other)).get(at(position))?.key).toBe('later');
  });
});

/** Open sockets of this process. */
function sockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
