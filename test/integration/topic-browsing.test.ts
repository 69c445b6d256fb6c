import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GroupCatalog } from '../../src/kafka/admin/group-catalog.ts';
import { KeptAdmin } from '../../src/kafka/admin/kept-admin.ts';
import { TopicCatalog } from '../../src/kafka/admin/topic-catalog.ts';
import { ensureTopics, listTopics, withAdmin } from '../../src/kafka/admin/topics.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { type BrowseQuery, MessageBrowser } from '../../src/kafka/read/message-browser.ts';
import { TopicReader } from '../../src/kafka/read/topic-reader.ts';
import { partitionOfKey } from '../../src/kafka/send/partitioner.ts';
import { messageJson, pageJson } from '../../src/server/api/kafka/messages.ts';
import type { MessageJson } from '../../src/server/api/kafka/schemas.ts';
import { kcat } from '../helpers/kcat.ts';
import { messageOf, rawMessage, sampleOrder } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';
import { WritePath } from '../helpers/write-path.ts';

const COUNT = 120;
let path: WritePath;
let browser: MessageBrowser;
let admin: KeptAdmin;
/** Between the first half of the messages and the second, ms since the Unix epoch. */
let middle = 0;

const page = async (query: Partial<BrowseQuery> = {}, topic = path.place.topic) => {
  const found = await browser.list(topic, { limit: 50, maxValueBytes: 2_048, ...query });
  if (found === undefined) throw new Error('the cursor was not taken');
  return pageJson(found);
};
const place = ({ partition, offset }: MessageJson): string => `${partition}:${offset}`;

beforeAll(async () => {
  path = await WritePath.open();
  browser = new MessageBrowser(path.kafka, { maxOrderBytes: 524_288, budgetMs: 10_000, now: Date.now });
  admin = new KeptAdmin(path.kafka, { clientId: 'test', timeoutMs: 5_000 });
  const orders = Array.from({ length: COUNT }, (_, at) => messageOf(sampleOrder(`uid-${at}`)));
  await path.send(orders.slice(0, COUNT / 2));
  await Bun.sleep(5);
  middle = Date.now();
  await path.send(orders.slice(COUNT / 2));
  path.start();
  await path.drained();
});

afterAll(async () => {
  await admin.close();
  await path.close();
});

describe('browsing', () => {
  test('by a text in value or key, and by a member of the JSON', async () => {
    const keys = async (query: Partial<BrowseQuery>) => (await page(query)).messages.map(({ key }) => key);
    expect(await keys({ text: Buffer.from('uid-17') })).toEqual(['uid-17']);
    expect(await keys({ member: { path: ['order_uid'], equals: 'uid-3' } })).toEqual(['uid-3']);
    expect(await keys({ member: { path: ['order_uid'], equals: 'uid-3' }, key: Buffer.from('uid-4') })).toEqual([]);
    expect(await keys({ member: { path: ['items', '*', 'no_such_member'] } })).toEqual([]);
  });

  test('newest first, page by page, each message once', async () => {
    const seen: MessageJson[] = [];
    let cursor: string | undefined;
    do {
      const { messages, next_cursor: next } = await page({ limit: 17, cursor });
      seen.push(...messages);
      cursor = next ?? undefined;
    } while (cursor !== undefined);
    expect(new Set(seen.map(place)).size).toBe(COUNT);
    const times = seen.map(({ timestamp }) => Date.parse(timestamp));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(seen[0]?.headers).toContainEqual({ name: 'produced-at', value: '1760000000000' });
    expect(seen[0]?.meaning).toEqual({ kind: 'order', order_uid: String(seen[0]?.key) });
  });

  test('from an offset on, oldest first', async () => {
    const { messages } = await page({ partition: 1, offset: 5, limit: 3 });
    expect(messages.map(place)).toEqual(['1:5', '1:6', '1:7']);
    expect((await page({ partition: 1, offset: 1_000_000 })).messages).toEqual([]);
    expect((await page({ partition: 77 })).messages).toEqual([]);
  });

  test('from an instant on, of all partitions', async () => {
    const { messages } = await page({ at: middle, limit: 200 });
    expect(messages).toHaveLength(COUNT / 2);
    for (const { timestamp } of messages) expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(middle);
    expect((await page({ at: Date.now() + 60_000 })).messages).toEqual([]);
    expect((await page({ at: 0, limit: 200 })).messages).toHaveLength(COUNT);
  });

  test('by key, in all partitions, the likely ones first', async () => {
    const { messages, scanned, left, next_cursor } = await page({ key: Buffer.from('uid-7') });
    expect(messages.map(({ key }) => key)).toEqual(['uid-7']);
    expect(messages[0]?.partition).toBe(partitionOfKey(Buffer.from('uid-7'), path.partitions));
    expect([scanned, left, next_cursor]).toEqual([COUNT, 0, null]);
    expect((await page({ key: Buffer.from('nobody') })).messages).toEqual([]);
    const first = await page({ key: Buffer.from('uid-7'), limit: 1 });
    expect([first.messages.length, first.scanned + first.left >= COUNT]).toEqual([1, true]);
  });

  test('by key, what other clients have put into partitions of their own', async () => {
    const topic = `${path.place.topic}-keys`;
    const keys = Array.from({ length: 8 }, (_, at) => `kc${at}`);
    await ensureTopics(path.kafka, [{ name: topic, partitions: 6, replicationFactor: 1, configs: {} }]);
    try {
      const [broker = ''] = path.place.brokers;
      await kcat(broker, ['-P', '-t', topic, '-K', ':'], keys.map((key) => `${key}:1\n`).join(''));
      await kcat(broker, ['-P', '-t', topic, '-K', ':', '-p', '5'], 'astray:1\nastray:2\n');
      for (const key of keys) expect((await page({ key: Buffer.from(key) }, topic)).messages).toHaveLength(1);
      const found: unknown[] = [];
      for (let cursor: string | undefined; ; ) {
        const one = await page({ key: Buffer.from('astray'), limit: 1, cursor }, topic);
        found.push(...one.messages.map(({ value }) => value));
        if (one.next_cursor === null) break;
        cursor = one.next_cursor;
      }
      expect(found).toEqual(['2', '1']);
    } finally {
      await withAdmin(path.kafka, (client) => client.deleteTopics({ topics: [topic] }));
    }
  });

  test('a long value is cut, one message comes whole', async () => {
    const [short] = (await page({ limit: 1, maxValueBytes: 20 })).messages;
    expect(short).toMatchObject({ cut: true, value: '{"order_uid":"uid-11' });
    const found = await browser.find(path.place.topic, short?.partition ?? 0, short?.offset ?? 0);
    const whole = found && messageJson(found);
    expect(whole?.cut).toBe(false);
    expect(Buffer.byteLength(String(whole?.value))).toBe(short?.value_bytes ?? 0);
    expect(JSON.parse(String(whole?.value)).order_uid).toBe(whole?.key);
    expect(await browser.find(path.place.topic, 0, 1_000_000)).toBeUndefined();
    expect(await browser.find(path.place.topic, 99, 0)).toBeUndefined();
  });

  test('says what is no order, and why a dead letter is one', async () => {
    const topic = path.place.deadLetterTopic;
    await path.send([rawMessage('{', 'half'), rawMessage(null, 'none'), rawMessage(Buffer.from([0xff]), 'ff')]);
    await until(async () => (await page({}, topic)).messages.length === 3, 40_000, 100);
    const [tombstone] = (await page({ key: Buffer.from('none') })).messages;
    expect(tombstone).toMatchObject({
      value: null,
      value_bytes: null,
      meaning: { kind: 'other', reason: 'tombstone' },
    });
    const [bytes] = (await page({ key: Buffer.from('ff') })).messages;
    expect(bytes).toMatchObject({ value: { base64: '/w==' }, meaning: { reason: 'invalid_utf8' } });
    const letters = (await page({}, topic)).messages.map(({ meaning }) => meaning);
    expect(new Set(letters.map((one) => one.kind))).toEqual(new Set(['dead_letter']));
  });

  test('a cursor of another topic is none, and a topic that is not there is not made', async () => {
    const { next_cursor: cursor } = await page({ limit: 1 });
    const other = { limit: 1, maxValueBytes: 1, cursor: cursor ?? '' };
    expect(await browser.list(path.place.deadLetterTopic, other)).toBeUndefined();
    expect(await browser.list(path.place.topic, { ...other, cursor: 'x' })).toBeUndefined();
    const missing = `${path.place.topic}.missing`;
    expect(browser.list(missing, other)).rejects.toMatchObject({ code: 'topic_missing' });
    await browser.list(missing, other).catch(() => {});
    expect(await listTopics(path.kafka)).not.toContain(missing);
  });

  test('a range beyond the end of the log ends where the log does', async () => {
    const reader = await TopicReader.open(path.kafka, path.place);
    try {
      const { end = 0 } = (await reader.ranges()).get(0) ?? {};
      const read = async (start: number): Promise<number> => {
        let count = 0;
        for await (const { records } of reader.read(new Map([[0, { start, end: end + 1_000 }]])))
          count += records.length;
        return count;
      };
      expect([await read(end - 2), await read(end), await read(end + 500)]).toEqual([2, 0, 0]);
    } finally {
      await reader.close();
    }
  });

  test('follows what is written from now on', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const wanted = {
      wanted: (_: number, record: { key: Buffer | null }) => String(record.key) !== 'other',
      maxValueBytes: 10,
    };
    let open = false;
    const following = (async () => {
      for await (const some of browser.follow(path.place.topic, stop.signal, wanted)) {
        open = true;
        seen.push(...some.map(({ key }) => String(key)));
      }
    })();
    await until(() => open);
    // What is written before the first fetch knows where to start does not count.
    await until(
      async () => {
        await path.send([rawMessage('1', 'mine'), rawMessage('2', 'other')]);
        return seen.length > 0;
      },
      20_000,
      100,
    );
    stop.abort();
    await following;
    expect(new Set(seen)).toEqual(new Set(['mine']));
  });
});

describe('catalogs', () => {
  test('topics: those of ours, and Kafka’s own only on request', async () => {
    const catalog = new TopicCatalog(admin);
    const mine = (await catalog.list()).find(({ name }) => name === path.place.topic);
    expect(mine).toMatchObject({ partitions: 3, replicationFactor: 1, internal: false });
    expect(mine?.messages).toBeGreaterThanOrEqual(COUNT);
    expect((await catalog.list()).some(({ internal }) => internal)).toBe(false);
    const offsets = (await catalog.list(true)).find(({ name }) => name === '__consumer_offsets');
    expect(offsets).toMatchObject({ internal: true, messages: undefined });
    expect(catalog.find('__consumer_offsets')).rejects.toMatchObject({ code: 'topic_missing' });
  });

  test('one topic: partitions and settings', async () => {
    const catalog = new TopicCatalog(admin);
    const topic = await catalog.find(path.place.deadLetterTopic);
    const size = { partition: 0, leader: expect.any(Number), start: 0, bytes: expect.any(Number) };
    expect(topic.partitionDetails).toMatchObject([size]);
    const limit = topic.settings.find(({ name }) => name === 'max.message.bytes');
    expect(limit).toEqual({ name: 'max.message.bytes', value: '8388608', source: 'topic' });
    expect(topic.settings.find(({ name }) => name === 'retention.ms')?.source).toBe('default');
    expect(catalog.find(`${path.place.topic}.missing`)).rejects.toMatchObject({ code: 'topic_missing' });
  });

  test('groups: members, offsets and lag', async () => {
    const groups = new GroupCatalog(admin, new TopicCatalog(admin));
    await path.drained();
    await until(
      async () => {
        const group = await groups.find(path.place.group);
        return group?.partitions.every(({ committed, end }) => committed?.offset === end) ?? false;
      },
      20_000,
      100,
    );
    const group = await groups.find(path.place.group);
    const coordinator = { broker: expect.any(Number), address: path.place.brokers[0] };
    expect(group).toMatchObject({
      state: 'Stable',
      protocolType: 'consumer',
      protocol: expect.any(String),
      coordinator,
    });
    expect(group?.members.map(({ assigned }) => assigned.get(path.place.topic)?.length)).toEqual([3]);
    expect(group?.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
    const listed = await groups.list({ text: path.place.group, limit: 5 });
    // Only one group alone is asked whose transactions are open.
    expect<unknown>(listed).toEqual({
      groups: [expect.objectContaining({ group: path.place.group, partitions: group?.partitions })],
      total: 1,
      next: undefined,
    });
    expect(await groups.list({ text: path.place.group, after: path.place.group, limit: 5 })).toMatchObject({
      groups: [],
      total: 1,
    });
    const readers = (topic: string) => groups.list({ text: path.place.group, topic, limit: 5 });
    expect((await readers(path.place.topic)).groups.map(({ group }) => group)).toEqual([path.place.group]);
    expect((await readers(path.place.deadLetterTopic)).groups).toEqual([]);
    expect(await groups.find('no-such-group')).toBeUndefined();
  });

  test('an admin client whose broker has gone is replaced', async () => {
    const lost = new KeptAdmin(new KafkaClients({ brokers: ['127.0.0.1:1'] }), {
      clientId: 'test',
      timeoutMs: 500,
    });
    expect(new TopicCatalog(lost).list()).rejects.toMatchObject({ code: 'kafka_unavailable' });
    await new TopicCatalog(lost).list().catch(() => {});
    await lost.close();
  });
});
