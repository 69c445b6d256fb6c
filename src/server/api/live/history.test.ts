import { expect, test } from 'bun:test';
import { liveSample } from '../../../../test/helpers/live-sample.ts';
import { LiveHistory } from './history.ts';
import { type LiveSampleJson, meanSample } from './sample.ts';

test('an hour is kept: the newer samples as they were, the older ones coarser', () => {
  const history = new LiveHistory();
  for (let second = 1; second <= 10_000; second++) history.add(liveSample(second));
  const at = history.samples.map((one) => Date.parse(one.at) / 1000);
  expect(at.slice(-300)).toEqual(Array.from({ length: 300 }, (_, place) => 9_701 + place));
  expect(at.slice(0, 3)).toEqual([6_410, 6_420, 6_430]);
  expect(at.length).toBeLessThan(641);
  expect(at).toEqual(at.toSorted((a, b) => a - b));
});

test('an hour of a topic with many partitions is a short answer', () => {
  const history = new LiveHistory();
  const lags = Array.from({ length: 100 }, (_, partition) => 1_000_000 + partition);
  for (let second = 1; second <= 4_000; second++) history.add(liveSample(1_760_000_000 + second, { lags }));
  // The stream's buffer has four.
  expect(JSON.stringify(history.samples).length).toBeLessThan(3_000_000);
});

test('several samples as one: rates by their means, lag and latencies by the worst', () => {
  const of = (second: number, lag: number, p99: number | undefined): LiveSampleJson => ({
    ...liveSample(second, { lags: [lag] }),
    lookups: { l1_per_s: second, redis_per_s: 0, postgresql_per_s: 0, absent_per_s: 0, failed_per_s: 0 },
    consumer: {
      written: second,
      changed: 0,
      unchanged: 0,
      dead_lettered: 0,
      batches: 0,
      stored_per_s: second,
      dead_lettered_per_s: 0,
      batches_per_s: 0,
      partitions: [],
      waiting: false,
      rebuilds: 0,
      lost: 0,
      readable_ms: p99 === undefined ? null : { p50: 1, p99, count: 2 },
    },
  });
  const one = meanSample([of(1, 5, 30), of(2, 90, undefined), of(6, 0, 20)]);
  expect(one).toMatchObject({
    at: '1970-01-01T00:00:06.000Z',
    topic: { lag: 90, partitions: [{ lag: 0 }] },
    lookups: { l1_per_s: 3 },
    consumer: { written: 6, stored_per_s: 3, readable_ms: { p99: 30, count: 4 } },
  });
  const unknown = meanSample([liveSample(1, { lags: [1] }), liveSample(2)]);
  expect([unknown?.topic, unknown?.consumer, meanSample([])]).toEqual([null, null, undefined]);
});
