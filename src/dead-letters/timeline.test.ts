import { expect, test } from 'bun:test';
import { FakeTopic } from '../../test/helpers/fake-topic.ts';
import { type LetterParts, letterRecord } from '../../test/helpers/letter-records.ts';
import { readTimeline } from './timeline.ts';

/** Rejected when their records say they were written. */
const topicOf = (...partitions: Omit<LetterParts, 'offset'>[][]) =>
  new FakeTopic(
    partitions.map((parts, partition) =>
      parts.map((part, offset) => ({
        ...letterRecord({ source: partition * 1_000 + offset, ...part, offset }),
        timestamp: part.at ?? 0,
      })),
    ),
  );
const range = { filter: { since: 10_000, until: 20_000 }, bucketMs: 5_000 };

test('letters by reason and bucket, over all partitions, each once', async () => {
  const topic = topicOf(
    [{ at: 9_999 }, { at: 10_000 }, { at: 14_999, reason: 'not_json' }, { at: 20_000 }],
    [
      { at: 15_000, source: 7, key: 'k', value: 'v' },
      { at: 15_100, source: 7, key: 'k', value: 'v' },
    ],
  );
  expect(await readTimeline(topic, range, Number.POSITIVE_INFINITY)).toEqual({
    since: 10_000,
    until: 20_000,
    bucketMs: 5_000,
    byReason: { not_json: [1, 0], schema: [1, 1] },
    total: 3,
    cut: false,
    completeSince: 10_000,
  });
});

test('buckets begin at round times, and the filter counts', async () => {
  const topic = topicOf([{ at: 10_500 }, { at: 12_000, reason: 'not_json' }]);
  const filter = { since: 11_000, until: 19_000, reasons: ['schema'] as const };
  const { since, until, byReason } = await readTimeline(topic, { filter, bucketMs: 5_000 }, Number.POSITIVE_INFINITY);
  expect([since, until, byReason]).toEqual([10_000, 20_000, { schema: [1, 0] }]);
});

test('what lies before the range is not read', async () => {
  const topic = topicOf(Array.from({ length: 1_000 }, (_, at) => ({ at: at * 1_000 })));
  let read = 0;
  const counting = {
    topicId: topic.topicId,
    ranges: () => topic.ranges(),
    offsetsAt: (at: number) => topic.offsetsAt(at),
    close: () => topic.close(),
    read: (ranges: Parameters<FakeTopic['read']>[0]) => {
      for (const { start, end } of ranges.values()) read += end - start;
      return topic.read(ranges);
    },
  };
  const filter = { since: 900_000, until: 1_000_000 };
  const { total } = await readTimeline(counting, { filter, bucketMs: 10_000 }, Number.POSITIVE_INFINITY);
  expect([total, read]).toEqual([100, 160]);
});

test('out of time it says from where on nothing is missing', async () => {
  const topic = topicOf(Array.from({ length: 1_000 }, (_, at) => ({ at: at * 1_000 })));
  const filter = { since: 0, until: 1_000_000 };
  const { total, cut, completeSince } = await readTimeline(topic, { filter, bucketMs: 10_000 }, 0);
  expect([total, cut, completeSince]).toEqual([64, true, 936_000]);
});

test('at the ends of time the buckets are RFC 3339 still', async () => {
  const filter = { since: Date.parse('0001-01-01T00:00:00Z'), until: Date.parse('9999-12-31T23:59:59Z') };
  const bucketMs = 40 * 31_536_000_000;
  const { since, until } = await readTimeline(topicOf([]), { filter, bucketMs }, Number.POSITIVE_INFINITY);
  for (const at of [since, until]) expect(new Date(at).toISOString()).toMatch(/^\d{4}-/);
});
