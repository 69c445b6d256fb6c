import { describe, expect, test } from 'bun:test';
import { cutOf, lonelyPoints, timeSplits } from './chart-scale.ts';

const NOON = Date.parse('2026-11-27T12:00:00Z') / 1000;

test('a time axis has four or five labels at whole steps, whatever is shown', () => {
  for (const [shown, step] of [
    [60, 15],
    [120, 30],
    [300, 60],
    [900, 180],
    [3_600, 900],
  ] as const) {
    for (let offset = 0; offset < 1_000; offset += 7) {
      const to = NOON + offset;
      const splits = timeSplits(to - shown, to);
      expect(splits.length === 4 || splits.length === 5).toBe(true);
      expect(splits.every((at) => at > to - shown && at <= to && at % step === 0)).toBe(true);
    }
  }
});

describe('outliers', () => {
  const at = Array.from({ length: 400 }, (_, second) => NOON + second);
  const usual = at.map((_, place) => 20 + (place % 10));

  test('one is cut off, and named', () => {
    const line = usual.with(200, 30_000);
    expect(cutOf(at, [usual, line])).toEqual({ top: 43.5, peak: { value: 30_000, at: NOON + 200 } });
  });

  test('nothing is cut off where that would hide what matters', () => {
    const outage = usual.map((value, place) => (place > 300 ? 5_000 : value));
    const rare = at.map((_, place) => (place % 40 === 0 ? 7 : 0));
    for (const line of [usual, outage, rare, at.map(() => null), []]) expect(cutOf(at, [line])).toBeUndefined();
  });
});

test('values without a neighbour are found', () => {
  expect(lonelyPoints([1, null, 2, 3, null, null, 4, null])).toEqual([0, 6]);
  expect(lonelyPoints([null, undefined])).toEqual([]);
});
