import { expect, test } from 'bun:test';
import { FakeTopic } from '../../test/helpers/fake-topic.ts';
import { letterRecord } from '../../test/helpers/letter-records.ts';
import { clamp, decodeCursor, encodeCursor } from '../kafka/read/log-page.ts';
import { parseLetter } from './letter.ts';
import { LetterDigest, RecentIds, readLetter, readNewest, select, totalOf } from './reading.ts';

/** Letters ten milliseconds apart, rejected from offsets that begin at `source`. */
const letters = (count: number, from = 0, source = 100) =>
  Array.from({ length: count }, (_, at) => letterRecord({ offset: at, at: from + at * 10, source: source + at }));

test('recent ids are found for as long as the capacity says', () => {
  const recent = new RecentIds(2);
  expect(['a', 'b', 'a', 'b'].map((id) => recent.add(id))).toEqual([true, true, false, false]);
  expect(['c', 'b', 'd', 'e', 'f', 'a'].map((id) => recent.add(id))).toEqual([true, false, true, true, true, true]);
});

test('a scan gives every letter once, and says where it is', async () => {
  const twice = letterRecord({ offset: 7, source: 101, key: 'k1', value: '{"order_uid":"k1"}' });
  const topic = new FakeTopic([[...letters(7), twice], letters(2, 5, 900)]);
  const ranges = await topic.ranges();
  expect(totalOf({ filter: {} }, ranges)).toBe(10);
  const left = new Map(ranges);
  const found: string[] = [];
  let passed = 0;
  for await (const selected of select(topic, { filter: {} }, left)) {
    found.push(...selected.letters.map(({ partition, offset }) => `${partition}:${offset}`));
    passed += selected.passed;
    const { start } = left.get(0) ?? { start: 0 };
    if (start < 8) expect(encodeCursor({ topicId: 't', ranges: left })).toBeString();
  }
  expect(found).toEqual(['0:0', '0:1', '0:2', '0:3', '0:4', '0:5', '0:6', '1:0', '1:1']);
  expect(passed).toBe(10);
  expect(encodeCursor({ topicId: 't', ranges: left })).toBeUndefined();
});

test('letters are looked up by position, and those that are not there are named', async () => {
  const topic = new FakeTopic([letters(3)]);
  topic.starts.set(0, 1);
  const positions = [0, 1, 2, 3].map((offset) => ({ partition: 0, offset }));
  const all = await Array.fromAsync(select(topic, { positions }, new Map()));
  expect(all.flatMap((one) => one.letters.map(({ offset }) => offset))).toEqual([1, 2]);
  expect(all.flatMap((one) => one.missing)).toEqual(['0:0', '0:3']);
  expect(await readLetter(topic, await topic.ranges(), { partition: 5, offset: 0 })).toBeUndefined();
});

test('newest first over all partitions, page by page', async () => {
  const topic = new FakeTopic([letters(300), letters(200, 5, 900)]);
  const page = async (ranges: Awaited<ReturnType<FakeTopic['ranges']>>, limit: number) =>
    readNewest(topic, ranges, {
      limit,
      deadline: Number.POSITIVE_INFINITY,
      wanted: ({ offset }) => offset % 2 === 0,
      keep: ({ at }) => at,
    });
  const seen: number[] = [];
  let ranges = await topic.ranges();
  for (;;) {
    const { letters: some, rest, cut } = await page(ranges, 40);
    expect(cut).toBe(false);
    seen.push(...some);
    if (some.length < 40) break;
    ranges = rest;
  }
  expect(seen).toHaveLength(250);
  expect(seen).toEqual([...seen].sort((a, b) => b - a));
});

test('out of time, a page has what was found, and the next one goes on', async () => {
  const topic = new FakeTopic([letters(500)]);
  const options = { limit: 1_000, deadline: 0, wanted: () => true, keep: ({ at }: { at: number }) => at };
  const first = await readNewest(topic, await topic.ranges(), options);
  expect(first.cut).toBe(true);
  expect(first.letters.length).toBeGreaterThan(0);
  let [count, ranges] = [first.letters.length, first.rest];
  for (let calls = 0; calls < 100 && encodeCursor({ topicId: 't', ranges }) !== undefined; calls++) {
    const next = await readNewest(topic, ranges, options);
    count += next.letters.length;
    ranges = next.rest;
  }
  expect(count).toBe(500);
});

test('cursors come back as they went, and nonsense is none', () => {
  const cursor = { topicId: 'x', ranges: new Map([[3, { start: 1, end: 9 }]]) };
  expect(decodeCursor(encodeCursor(cursor) ?? '')).toEqual(cursor);
  const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  for (const text of ['', 'x', made(null), made({}), made(['x', [[1, 2]]]), made(['x', [[1, -2, 3]]]), made([1, []])]) {
    expect(decodeCursor(text)).toBeUndefined();
  }
  const now = new Map([[3, { start: 4, end: 6 }]]);
  expect(clamp(cursor.ranges, now)).toEqual(now);
  expect(clamp(new Map([[8, { start: 0, end: 1 }]]), now).size).toBe(0);
});

test('a digest counts all and keeps the newest', async () => {
  const digest = new LetterDigest(2);
  const topic = new FakeTopic([letters(400)]);
  for await (const slice of select(topic, { filter: {} }, await topic.ranges())) {
    for (const letter of slice.letters) digest.add(letter, letter.offset < 3 ? { attempts: 1, at: 5 } : undefined);
  }
  digest.add(parseLetter('t', 1, letterRecord({ offset: 0, reason: 'not_json', at: 1 })), undefined);
  expect([digest.total, digest.redriven]).toEqual([401, 3]);
  expect(digest.counts()).toEqual([
    ['schema', 400],
    ['not_json', 1],
  ]);
  expect(digest.newest().map(({ offset }) => offset)).toEqual([399, 398]);
});
