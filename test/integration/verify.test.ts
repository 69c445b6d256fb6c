import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_NAMES } from '../../src/contract/generator.ts';
import type { VerifyReport } from '../../src/contract/verification.ts';
import { ensureTopics } from '../../src/kafka/admin/topics.ts';
import { TopicReader } from '../../src/kafka/read/topic-reader.ts';
import { parseFaults } from '../../src/producer/faults.ts';
import { ManifestWriter } from '../../src/producer/manifest.ts';
import { OrderProducer } from '../../src/producer/producer.ts';
import { createSource } from '../../src/producer/source.ts';
import { ROW_TEXT, ROW_TEXT_SETTINGS } from '../../src/storage/postgresql/row-text.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { recognize } from '../../src/verify/candidate.ts';
import { messageOf, sampleOrder, sampleOrders } from '../helpers/sample-orders.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { runVerify, type Settings, verifyReport } from '../helpers/verify-command.ts';
import { WritePath } from '../helpers/write-path.ts';

const COUNT = 1_500;
/** What a tampered database is put back from. */
const TABLES = ['orders', 'order_items', 'consumer_offsets'];

const DATES = ['0001-01-01T00:00:00Z', '2025-12-31T23:59:59.120+03:00', '1969-12-31T23:59:59.999999Z'];

const folder = createTempDir();
const manifest = join(folder.path, 'manifest.ndjson');
let path: WritePath;

beforeAll(async () => {
  path = await WritePath.open();
  await produceWithFaults();
  // Some of it by hand: an order that is changed and changed back, keys that do not fit, an escaped control character.
  const [order] = sampleOrders(1, 'by-hand');
  if (order === undefined) throw new Error('no order');
  const changed = { ...order, locale: 'fr' };
  await path.send([messageOf(order), messageOf(changed), messageOf(order)]);
  await path.send([messageOf(order, { partition: 0 }), messageOf(changed, { partition: 2 })]);
  await path.send([messageOf(sampleOrder('escapes', 2, { locale: 'a\u001fb\t\\', entry: 'é🚚' }))]);
  await path.send(DATES.map((date, at) => messageOf(sampleOrder(`date-${at}`, 1, { date_created: date }))));
  const consumer = path.start();
  await path.drained();
  await consumer.close();
  for (const table of TABLES) await path.sql.unsafe(`create table kept_${table} as table ${table}`);
});

afterEach(async () => {
  for (const table of TABLES) {
    await path.sql.unsafe(`truncate ${table}`);
    await path.sql.unsafe(`insert into ${table} table kept_${table}`);
  }
});

afterAll(async () => {
  await path.close();
  folder.remove();
});

async function produceWithFaults(): Promise<void> {
  const { topic } = path.place;
  const faults = parseFaults(FAULT_NAMES.map((name) => `${name}=${name === 'oversize' ? 0.3 : 2}%`).join());
  const notes = new ManifestWriter(manifest, {
    seed: 5,
    count: COUNT,
    topic,
    started: new Date().toISOString(),
  });
  const producer = new OrderProducer({
    sender: path.sender,
    topic,
    source: createSource({ seed: 5, count: COUNT, faults }),
    logger: silentLogger,
    onSent: (sent) => notes.record(sent),
  });
  expect(await producer.start()).toMatchObject({ sent: COUNT });
  notes.close();
}

/**
 * `found` is without the order whose keys do not fit, which is `scattered` in all of them. Three processes find the same
 * as one.
 */
async function verified(settings: Settings = {}, args: string[] = []) {
  const answer = await verifyReport(path.place, [...args, '--processes', '1'], settings);
  const three = await verifyReport(path.place, [...args, '--processes', '3'], settings);
  expect(timeless(three.report)).toEqual(timeless(answer.report));
  expect(three.code).toBe(answer.code);
  const { scattered_order: scattered, ...found } = answer.found;
  return { ...answer, found, scattered };
}
const timeless = (report: VerifyReport) => ({ ...report, seconds: 0, messagesPerSecond: 0 });
const run = (args: string[], settings: Settings = {}) => runVerify(path.place, args, settings);

/** An order that one message stands for, and only one. */
async function anyOrder(): Promise<string> {
  const [row] = await path.sql`select order_uid from orders order by source_partition, source_offset limit 1`;
  return row.order_uid;
}

describe('what was stored well', () => {
  test('is accounted for, message by message; reading is all it takes', async () => {
    const reader = `reader_${randomBytes(4).toString('hex')}`;
    await path.sql.unsafe(`create role ${reader} login password 'reader'`);
    await path.sql.unsafe(`grant select on all tables in schema public to ${reader}`);
    try {
      const url = new URL(path.place.databaseUrl);
      url.username = reader;
      url.password = 'reader';
      const { code, report, found, scattered } = await verified({ TEST_SERVICE_POSTGRESQL_URL: url.href }, [
        '--manifest',
        manifest,
        '--wait',
        '20',
      ]);
      expect([found, scattered]).toEqual([{}, 1]);
      expect(code).toBe(0);
      const { total, deadLetters } = report;
      const [{ orders }] = await path.sql`select count(*)::int as orders from orders`;
      const letters = await path.deadLetters();
      expect(total).toMatchObject({ produced: COUNT + 6 + DATES.length, stored: orders, deadLettered: letters.length });
      expect(total.produced).toBe(total.stored + total.deadLettered + total.superseded + total.identical);
      expect(deadLetters).toMatchObject({ read: letters.length, repeated: 0 });
      const lines = readFileSync(manifest, 'utf8').trimEnd().split('\n').length - 1;
      expect(report.manifest).toEqual({
        bad: letters.length,
        good: lines - letters.length,
        matched: lines,
        resent: 0,
        beforeLog: 0,
      });
    } finally {
      await path.sql.unsafe(`drop owned by ${reader}`);
      await path.sql.unsafe(`drop role ${reader}`);
    }
  });

  test('is told by texts: PostgreSQL writes an order as its message is written', async () => {
    const rows: { place: string; text: string }[] = await path.sql.begin(async (tx) => {
      await tx.unsafe(ROW_TEXT_SETTINGS).simple();
      return tx.unsafe(`select source_partition || ':' || source_offset as place, ${ROW_TEXT} as text from orders o`);
    });
    const stored = new Map(rows.map(({ place, text }) => [place, text]));
    const reader = await TopicReader.open(path.kafka, { topic: path.place.topic });
    let told = 0;
    for await (const { partition, records } of reader.read(await reader.ranges())) {
      for (const record of records) {
        const found = recognize(record, { maxBytes: 524_288, now: Date.now });
        const text = stored.get(`${partition}:${record.offset}`);
        if (!found.ok || found.text === undefined || text === undefined) continue;
        expect(text).toBe(found.text);
        told += 1;
      }
    }
    await reader.close();
    // All but the one with a backslash.
    expect(told).toBe(stored.size - 1);
  });

  test('has a table for people', async () => {
    const { code, output } = await run([]);
    expect(output).toContain(`OK: produced ${COUNT + 6 + DATES.length} = `);
    expect(code).toBe(0);
  });

  test('is so for a database that holds another topic’s orders, too', async () => {
    await path.sql`update orders set source_topic = 'other' where order_uid = 'escapes'`;
    await path.sql`insert into consumer_offsets (group_id, topic, topic_id, partition, next_offset) values ('g', 'other', 'x', 0, 5)`;
    const { code, report, found } = await verified();
    expect(found).toEqual({});
    expect(report.total.identical).toBeGreaterThan(0);
    expect(code).toBe(0);
  });
});

describe('shares of several machines', () => {
  const share = async (partitions: string, settings: Settings = {}): Promise<string> => {
    const { output, errors } = await run(['--partitions', partitions, '--manifest', manifest], settings);
    if (output === '') throw new Error(errors);
    const file = join(folder.path, `share-${partitions}.ndjson`);
    writeFileSync(file, output);
    return file;
  };
  const merge = async (...files: string[]) => run(['--merge', ...files]);

  test('give the verdict on the whole, and the same findings', async () => {
    await path.sql`delete from orders where order_uid = ${await anyOrder()}`;
    const [first, others] = [await share('0'), await share(`1-${path.partitions - 1}`)];
    const whole = await verifyReport(path.place, ['--manifest', manifest]);
    const { code, output } = await run(['--merge', others, first, '--json']);
    expect(timeless(JSON.parse(output))).toEqual(timeless(whole.report));
    expect([code, whole.found['lost']]).toEqual([1, 1]);
  });

  test('are refused when they are not whole, not all, too many, or of different states', async () => {
    const last = path.partitions - 1;
    const [first, others] = [await share('0'), await share(`1-${last}`)];
    expect(await merge(first, others)).toMatchObject({ code: 0, output: expect.stringContaining('OK') });
    const refusal = async (...files: string[]): Promise<string> => {
      const { code, errors } = await merge(...files);
      expect(code).toBe(2);
      return errors;
    };
    expect(await refusal(first)).toContain(`add verify --partitions 1,`);
    expect(await refusal(first, others, first)).toContain('partition 0 is in');
    expect(await refusal(manifest)).toContain('line 1 is not what verify --partitions writes');
    const cut = join(folder.path, 'cut.ndjson');
    writeFileSync(cut, readFileSync(first, 'utf8').trimEnd().split('\n').slice(0, -1).join('\n'));
    expect(await refusal(cut, others)).toContain('it is cut off');
    await path.sql`update consumer_offsets set next_offset = next_offset + 1 where partition = ${last}`;
    expect(await refusal(first, await share(`1-${last}`))).toContain('they differ in the group’s offsets');
    expect((await run(['--partitions', `${last + 1}`])).errors).toContain(`only 0 to ${last}`);
  });
});

describe('what went wrong is found:', () => {
  test('an order that is gone', async () => {
    const uid = await anyOrder();
    await path.sql`delete from orders where order_uid = ${uid}`;
    expect(await verified()).toMatchObject({ code: 1, found: { lost: 1, items_without_order: 1 } });
    await path.sql`delete from order_items where order_uid = ${uid}`;
    const { report, found } = await verified();
    expect(found).toEqual({ lost: 1 });
    expect(report.findings[0]?.listed[0]).toMatchObject({ orderUid: uid });
  });

  test('a field that was changed', async () => {
    const uid = await anyOrder();
    await path.sql`update orders set payment_bank = payment_bank || ' ' where order_uid = ${uid}`;
    await path.sql`update orders set date_created = date_created + interval '1 microsecond' where order_uid = 'escapes'`;
    const { code, report, found } = await verified();
    expect([code, found]).toEqual([1, { altered: 2 }]);
    expect(report.findings[0]?.listed.map(({ orderUid, detail }) => [orderUid, detail]).sort()).toEqual(
      [
        [uid, '/payment/bank'],
        ['escapes', '/date_created'],
      ].sort(),
    );
  });

  test('an item too many, an item changed, no items', async () => {
    const rows = await path.sql`select order_uid from orders where order_uid <> 'by-hand-0' limit 3`;
    const [more, other, none] = rows.map((row: { order_uid: string }) => row.order_uid);
    await path.sql`insert into order_items select order_uid, 100, chrt_id, track_number, price, rid, name, sale, size, total_price,
      nm_id, brand, status from order_items where order_uid = ${more} and position = 1`;
    await path.sql`update order_items set price = price + 1 where order_uid = ${other} and position = 1`;
    await path.sql`delete from order_items where order_uid = ${none}`;
    const { code, report, found } = await verified();
    expect([code, found]).toEqual([1, { altered: 3, order_without_items: 1 }]);
    const details = new Map(report.findings[0]?.listed.map(({ orderUid, detail }) => [orderUid, detail]));
    expect(details.get(more)).toMatch(/^\/items/);
    expect(details.get(other)).toBe('/items/0/price');
    expect(details.get(none)).toBe('/items/0');
  });

  test('times and positions that were changed', async () => {
    const rows = await path.sql`select order_uid from orders where order_uid <> 'by-hand-0'
      and (select count(*) from order_items i where i.order_uid = orders.order_uid) > 1 limit 3`;
    const [produced, stored, moved] = rows.map((row: { order_uid: string }) => row.order_uid);
    await path.sql`update orders set produced_at = produced_at + interval '1 millisecond' where order_uid = ${produced}`;
    await path.sql`update orders set stored_at = stored_at + interval '1 day' where order_uid = ${stored}`;
    await path.sql`update order_items set position = position + 7 where order_uid = ${moved} and position > 1`;
    const { code, report, found } = await verified();
    expect([code, found]).toEqual([1, { altered: 3 }]);
    const details = new Map(report.findings[0]?.listed.map(({ orderUid, detail }) => [orderUid, detail]));
    expect([produced, stored, moved].map((uid) => details.get(uid))).toEqual([
      'produced_at',
      'stored_at',
      '/items, by their positions',
    ]);
    expect(report.unchecked.join()).toContain('orders.stored_at');
  });

  test('offsets that were moved back, zeroed or deleted', async () => {
    await path.sql`update consumer_offsets set next_offset = next_offset - 100 where partition = 0`;
    await path.sql`update consumer_offsets set next_offset = 0 where partition = 1`;
    await path.sql`delete from consumer_offsets where partition = 2`;
    const { code, report, found } = await verified();
    // What has had no effect of its own yet, as in another partition than its order, is only not stored.
    expect([code, found['offset_moved_back']]).toEqual([1, 3]);
    expect(report.findings[0]?.listed.map(({ partition }) => partition).sort()).toEqual([0, 1, 2]);
  });

  test('orders of a topic that no group stores, and of offsets that can’t be', async () => {
    for (const [uid, topic, offset] of [
      ['of-nobody', 'nobody', 3],
      ['negative', path.place.topic, -1],
    ] as const) {
      await path.sql`create temp table copied as select * from orders where order_uid = 'escapes'`;
      await path.sql`update copied set order_uid = ${uid}, source_topic = ${topic}, source_offset = ${offset}`;
      await path.sql`insert into orders table copied`;
      await path.sql`drop table copied`;
      await path.sql`insert into order_items select ${uid}, position, chrt_id, track_number, price, rid, name, sale, size,
        total_price, nm_id, brand, status from order_items where order_uid = 'escapes'`;
    }
    const { code, report, found } = await verified();
    expect([code, found]).toEqual([1, { phantom_order: 2 }]);
    expect(report.findings[0]?.listed.map((one) => one.orderUid).sort()).toEqual(['negative', 'of-nobody']);
  });

  test('orders no message stands behind', async () => {
    const columns = await path.sql`select string_agg(column_name, ', ') as names from information_schema.columns
      where table_name = 'orders' and table_schema = 'public' and column_name not in ('order_uid', 'source_offset')`;
    const names: string = columns[0].names;
    const [{ offset }] = await path.sql`select max(source_offset) + 50 as offset from orders`;
    for (const [uid, source] of [
      ['phantom', 'source_offset'],
      ['far', offset],
    ]) {
      await path.sql.unsafe(`insert into orders (order_uid, source_offset, ${names})
        select '${uid}', ${source}, ${names} from orders where order_uid = 'escapes'`);
      await path.sql.unsafe(
        `insert into order_items select '${uid}', position, chrt_id, track_number, price, rid, name, sale, size, total_price,
          nm_id, brand, status from order_items where order_uid = 'escapes'`,
      );
    }
    const { code, report, found } = await verified();
    expect([code, found]).toEqual([1, { phantom_order: 2 }]);
    expect(report.findings[0]?.listed.map((one) => one.orderUid).sort()).toEqual(['far', 'phantom']);
  });

  test('an older order over a newer one', async () => {
    await path.sql`update orders set source_offset = 0, locale = 'old' where order_uid = 'escapes'`;
    const { code, found } = await verified();
    // Where it claims to come from now, another message stands.
    expect([code, found]).toEqual([1, { lost_update: 1, phantom_order: 1 }]);
  });

  test('a dead letter that is missing, and one too many', async () => {
    const { kafka } = path;
    const { deadLetterTopic } = path.place;
    const copy = `${deadLetterTopic}.copy`;
    await ensureTopics(kafka, [{ name: copy, partitions: 1, replicationFactor: 1 }]);
    const reader = await TopicReader.open(kafka, { topic: deadLetterTopic });
    const letters = [];
    for await (const { records } of reader.read(await reader.ranges())) {
      for (const { key, value, headers } of records) {
        letters.push({
          key,
          value,
          headers: Object.fromEntries(headers.map(([name, text]) => [String(name), text ?? ''])),
        });
      }
    }
    await reader.close();
    const [first, ...others] = letters;
    if (first === undefined) throw new Error('no letters');
    const [row] = await path.sql`select source_partition, source_offset from orders where order_uid = 'escapes'`;
    const wrong = {
      ...first,
      headers: {
        ...first.headers,
        'dl-partition': String(row.source_partition),
        'dl-offset': String(row.source_offset),
      },
    };
    await path.sender.send(copy, [...others, wrong]);
    expect(await verified({ TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC: copy })).toMatchObject({
      code: 1,
      found: { missing_dead_letter: 1, wrongly_dead_lettered: 1 },
    });
    // Nowhere at all.
    expect(await verified({ TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC: `${copy}.none` })).toMatchObject({
      code: 1,
      found: { missing_dead_letter: letters.length },
    });
  });

  test('a manifest of something else', async () => {
    const lines = readFileSync(manifest, 'utf8').trimEnd().split('\n');
    const at = lines.findIndex((line) => line.includes('"not_json"'));
    const wrong = join(folder.path, 'wrong.ndjson');
    writeFileSync(wrong, lines.with(at, (lines[at] ?? '').replace('"not_json"', '"schema"')).join('\n'));
    expect(await verified({}, ['--manifest', wrong])).toMatchObject({
      code: 1,
      found: { manifest_mismatch: 1 },
    });
    writeFileSync(wrong, lines.toSpliced(at, 1).join('\n'));
    expect(await verified({}, ['--manifest', wrong])).toMatchObject({
      code: 1,
      found: { manifest_mismatch: 1 },
    });
    writeFileSync(wrong, 'no manifest\n');
    const { code, errors } = await run(['--manifest', wrong]);
    expect([code, errors]).toEqual([2, expect.stringContaining('wrong.ndjson')]);
  });

  test('a topic that is not there', async () => {
    const { code, errors } = await run([], { TEST_SERVICE_KAFKA_TOPIC: 'no-such-topic' });
    expect([code, errors]).toEqual([1, expect.stringContaining('topic no-such-topic does not exist')]);
  });

  test('messages nobody has consumed: pending, or lost once the offset has been moved past them', async () => {
    const orders = sampleOrders(7);
    await path.send(orders.map((order) => messageOf(order)));
    expect(await verified({}, ['--wait', '1'])).toMatchObject({
      code: 1,
      found: { not_yet_stored: 7 },
      report: { total: { pending: 7 } },
    });
    await path.sql`update consumer_offsets set next_offset = next_offset + 1000`;
    const { code, found } = await verified();
    expect([code, found]).toEqual([1, { lost: 7, offset_past_end: path.partitions }]);
  });
});
