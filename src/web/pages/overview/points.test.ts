import { expect, test } from 'bun:test';
import type { LiveSample } from '../../../client/schema.generated.ts';
import { addPoints, pointOf } from './points.ts';

function sample(second: number): LiveSample {
  return {
    at: second * 1000,
    topic: null,
    generator: null,
    consumer: null,
    lookups: { l1_per_s: 1, redis_per_s: 2, postgresql_per_s: 3, absent_per_s: 4, failed_per_s: 5 },
    http: { '2xx_per_s': 1, '3xx_per_s': 0, '4xx_per_s': 7, '5xx_per_s': 8 },
    engines: [],
    process: { rss_bytes: 1, heap_bytes: 1, cpu_percent: 0, loop_delay_ms: 0, uptime_s: 1 },
  };
}

test('what is not known has no value', () => {
  expect(pointOf(sample(5))).toMatchObject({ at: 5, produced: null, p99: null, redis: 2, serverErrors: 8 });
});

test('a history that comes again adds only what is new', () => {
  const once = addPoints([], [sample(1), sample(2)]);
  expect(addPoints(once, [sample(1), sample(2)])).toBe(once);
  expect(addPoints(once, [sample(2), sample(3)]).map(({ at }) => at)).toEqual([1, 2, 3]);
});

test('an hour is kept', () => {
  const samples = Array.from({ length: 3_700 }, (_, at) => sample(at + 1));
  const points = addPoints([], samples);
  expect([points.length, points[0]?.at]).toEqual([3_600, 101]);
});
