import { describe, expect, test } from 'bun:test';
import { liveSample } from '../../../test/helpers/live-sample.ts';
import { LivePoints } from './live-points.ts';

const seconds = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => liveSample(from + at));
const withLags = (second: number, lags: readonly number[]) => liveSample(second, { lags });

test('what is not known has no value', () => {
  const points = new LivePoints();
  points.add([liveSample(5), withLags(6, [3])]);
  const shown = points.window(300);
  expect([shown.at, shown.line('lag'), shown.line('p99')]).toEqual([
    [5, 6],
    [null, 3],
    [null, null],
  ]);
  expect(shown.line('redis')).toEqual([2, 2]);
});

test('a history that comes again adds only what is new', () => {
  const points = new LivePoints();
  points.add(seconds(1, 2));
  points.add(seconds(1, 3));
  expect(points.window(300).at).toEqual([1, 2, 3]);
});

test('an hour is kept, and not more than some minutes longer', () => {
  const points = new LivePoints();
  points.add(seconds(1, 10_000));
  expect(points.count).toBeGreaterThanOrEqual(3_600);
  expect(points.count).toBeLessThanOrEqual(4_200);
  const { at } = points.window(3_600);
  expect([at.at(-1), (at[0] ?? 0) >= 6_400]).toEqual([10_000, true]);
});

describe('a longer window', () => {
  test('has fewer points than seconds: the mean of rates, the largest lag', () => {
    const points = new LivePoints();
    points.add(
      Array.from({ length: 3_600 }, (_, at) => withLags(at + 1, [at === 1_804 ? 900 : 0])).map((sample, at) => ({
        ...sample,
        lookups: { ...sample.lookups, redis_per_s: at % 2 },
      })),
    );
    const shown = points.window(3_600);
    expect(shown.at.length).toBeLessThan(450);
    expect(Math.max(...shown.line('lag').map((lag) => lag ?? 0))).toBe(900);
    expect(shown.line('redis')[20]).toBe(0.5);
  });

  test('a point stays what it was when the window moves on', () => {
    const points = new LivePoints();
    points.add(seconds(1, 3_000));
    const before = points.window(900).at.slice(10, 400);
    points.add(seconds(3_001, 3_001));
    const after = new Set(points.window(900).at);
    expect(before.filter((at) => !after.has(at))).toEqual([]);
  });
});

describe('partitions', () => {
  test('few of them have a line each', () => {
    const points = new LivePoints();
    points.add([withLags(1, [4, 5]), withLags(2, [6, 7])]);
    expect(points.window(300).partitions(8)).toEqual({
      named: [
        { partition: 0, line: [4, 6] },
        { partition: 1, line: [5, 7] },
      ],
      rest: undefined,
    });
  });

  test('of many those furthest behind have one, and the others are one together', () => {
    const points = new LivePoints();
    points.add([withLags(1, [1, 20, 3, 40, 5])]);
    const { named, rest } = points.window(300).partitions(3);
    expect(named.map(({ partition }) => partition)).toEqual([1, 3]);
    expect(rest).toEqual([9]);
  });

  test('of very many so many are kept; one that falls behind comes in', () => {
    const points = new LivePoints();
    const lags = Array.from({ length: 100 }, (_, partition) => 100 - partition);
    points.add([withLags(1, lags)]);
    lags[99] = 5_000;
    points.add([withLags(2, lags)]);
    const { named } = points.window(300).partitions(1_000);
    expect(named).toHaveLength(64);
    expect(named.at(-1)).toEqual({ partition: 99, line: [null, 5_000] });
  });
});
