import { describe, expect, test } from 'bun:test';
import type { LoadProfile } from '../contract/generator.ts';
import { STEADY, scheduleOf } from './schedule.ts';

const BURST: LoadProfile = { kind: 'burst', burstRate: 1_000, forMs: 2_000, everyMs: 10_000 };
const UP: LoadProfile = { kind: 'ramp', toRate: 500, overMs: 60_000 };
const DOWN: LoadProfile = { kind: 'ramp', toRate: 0.1, overMs: 60_000 };
const LEVEL: LoadProfile = { kind: 'ramp', toRate: 50, overMs: 60_000 };

describe.each([
  ['steady', STEADY],
  ['burst', BURST],
  ['ramp up', UP],
  ['ramp down', DOWN],
  ['ramp without a slope', LEVEL],
])('%s', (_, profile) => {
  const schedule = scheduleOf(profile, 50);

  test('starts at nothing and never goes back', () => {
    expect(schedule.dueBy(0)).toBe(0);
    let last = 0;
    for (let ms = 0; ms < 200_000; ms += 137) {
      const due = schedule.dueBy(ms);
      expect(due).toBeGreaterThanOrEqual(last);
      last = due;
    }
  });

  test('timeOf is the opposite of dueBy', () => {
    for (let ms = 1; ms < 200_000; ms += 997) expect(schedule.timeOf(schedule.dueBy(ms))).toBeCloseTo(ms, 3);
  });

  test('grows as its rate says', () => {
    for (let ms = 0.5; ms < 200_000; ms += 997) {
      const grown = (schedule.dueBy(ms + 0.01) - schedule.dueBy(ms)) * 100_000;
      expect(Math.abs(grown - schedule.rateAt(ms))).toBeLessThan(0.1);
    }
  });

  test('what was overdue at the start was due before it', () => {
    expect(schedule.timeOf(-10)).toBeLessThan(schedule.timeOf(-9));
    expect(schedule.timeOf(-1)).toBeLessThan(0);
  });
});

describe('numbers', () => {
  test('a burst of 2 s at 1 000/s every 10 s, else 50/s', () => {
    const schedule = scheduleOf(BURST, 50);
    expect(schedule.dueBy(2_000)).toBe(2_000);
    expect(schedule.dueBy(10_000)).toBe(2_400);
    expect(schedule.dueBy(31_000)).toBe(3 * 2_400 + 1_000);
    expect([schedule.rateAt(1_999), schedule.rateAt(2_000), schedule.rateAt(10_000)]).toEqual([
      1_000, 50, 1_000,
    ]);
  });

  test('a ramp from 50/s to 500/s within a minute', () => {
    const schedule = scheduleOf(UP, 50);
    expect(schedule.dueBy(60_000)).toBeCloseTo(16_500, 6);
    expect(schedule.dueBy(61_000)).toBeCloseTo(17_000, 6);
    expect(schedule.rateAt(30_000)).toBe(275);
  });
});
