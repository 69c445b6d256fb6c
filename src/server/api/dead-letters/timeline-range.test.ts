import { expect, test } from 'bun:test';
import { timelineRange } from './timeline-range.ts';

const NOW = 1_760_000_000_000;
const HOUR = 3_600_000;

test('the last hour by the minute, unless said otherwise', () => {
  expect(timelineRange({}, NOW)).toEqual({ since: NOW - HOUR, until: NOW, bucketMs: 60_000 });
  expect(timelineRange({ until: NOW - HOUR }, NOW)).toMatchObject({ since: NOW - 2 * HOUR });
});

test('any range gets a handful of round buckets', () => {
  for (const length of [1, 1_000, 61_000, HOUR, 25 * HOUR, 400 * 24 * HOUR, NOW]) {
    const range = timelineRange({ since: NOW - length }, NOW);
    if ('wrong' in range) throw new Error(range.message);
    expect(length / range.bucketMs).toBeLessThanOrEqual(60);
    expect(range.bucketMs % 1_000).toBe(0);
  }
  expect(timelineRange({ since: NOW - 24 * HOUR }, NOW)).toMatchObject({ bucketMs: 1_800_000 });
});

test('what can’t be counted is refused', () => {
  expect(timelineRange({ since: NOW, until: NOW }, NOW)).toMatchObject({ wrong: 'since' });
  expect(timelineRange({ bucketMs: 1_000 }, NOW)).toMatchObject({ wrong: 'bucket_s' });
  expect(timelineRange({ bucketMs: 4_000 }, NOW)).toMatchObject({ bucketMs: 4_000 });
});
