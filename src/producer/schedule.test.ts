import { describe, expect, test } from 'bun:test';
import type { LoadProfile } from '../contract/generator.ts';
import { Pacer, STEADY, scheduleOf } from './schedule.ts';

const BURST: LoadProfile = { kind: 'burst', burstRate: 1_000, forMs: 2_000, everyMs: 10_000 };
const UP: LoadProfile = { kind: 'ramp', toRate: 500, overMs: 60_000 };
const DOWN: LoadProfile = { kind: 'ramp', toRate: 0.1, overMs: 60_000 };
const STAGES: LoadProfile = {
  kind: 'stages',
  stages: [
    { toRate: 50, overMs: 10_000 },
    { toRate: 2_000, overMs: 0 },
    { toRate: 2_000, overMs: 20_000 },
    { toRate: 0.5, overMs: 30_000 },
    { toRate: 7, overMs: 10_000 },
  ],
};
const LEVEL: LoadProfile = { kind: 'ramp', toRate: 50, overMs: 60_000 };

describe.each([
  ['steady', STEADY],
  ['burst', BURST],
  ['ramp up', UP],
  ['ramp down', DOWN],
  ['ramp without a slope', LEVEL],
  ['stages', STAGES],
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
    expect([schedule.rateAt(1_999), schedule.rateAt(2_000), schedule.rateAt(10_000)]).toEqual([1_000, 50, 1_000]);
  });

  test('a ramp from 50/s to 500/s within a minute', () => {
    const schedule = scheduleOf(UP, 50);
    expect(schedule.dueBy(60_000)).toBeCloseTo(16_500, 6);
    expect(schedule.dueBy(61_000)).toBeCloseTo(17_000, 6);
    expect(schedule.rateAt(30_000)).toBe(275);
  });
});

describe('stages', () => {
  const stages = [
    { toRate: 100, overMs: 10_000 },
    { toRate: 0, overMs: 0 },
    { toRate: 0, overMs: 5_000 },
    { toRate: 200, overMs: 10_000 },
    { toRate: 0, overMs: 10_000 },
  ];
  const schedule = scheduleOf({ kind: 'stages', stages }, 100);

  test('a rate of 0 is a pause, and at last the end', () => {
    expect([10_000, 12_000, 15_000, 25_000, 35_000, 99_000].map(schedule.dueBy)).toEqual([
      1_000, 1_000, 1_000, 2_000, 3_000, 3_000,
    ]);
    expect(schedule.timeOf(999)).toBeCloseTo(9_990, 6);
    expect(schedule.timeOf(1_000)).toBe(15_000);
    expect(schedule.timeOf(3_000)).toBe(35_000);
    expect(schedule.timeOf(3_001)).toBe(Number.POSITIVE_INFINITY);
    expect([9_999, 12_000, 20_000, 40_000].map(schedule.rateAt)).toEqual([100, 0, 100, 0]);
  });

  test('a pacer that starts within them has what one from the beginning has by then', () => {
    let now = 0;
    const clock = () => now;
    const whole = new Pacer({ rate: schedule, clock });
    const resumed = new Pacer({ rate: schedule, clock, start: { ms: schedule.timeOf(1_500), orders: 1_500 } });
    const startedAt = schedule.timeOf(1_500);
    now = startedAt + 3_000;
    whole.take(1_500);
    now = 3_000;
    const own = resumed.due();
    now = startedAt + 3_000;
    expect(own).toBe(whole.due());
    expect(resumed.timeOf(2_000)).toBe(Number.POSITIVE_INFINITY);
  });
});

function setUp(rate: number): { pacer: Pacer; at: (ms: number) => void } {
  let now = 1_000_000;
  const pacer = new Pacer({ rate, clock: () => now });
  const start = now;
  const at = (ms: number): void => {
    now = start + ms;
  };
  return { pacer, at };
}

describe('Pacer', () => {
  test('the first message is due at once, the next one period later', () => {
    const { pacer, at } = setUp(0.1);
    expect(pacer.due()).toBe(1);
    pacer.take(1);
    expect(pacer.due()).toBe(0);
    expect(pacer.waitMs()).toBe(10_000);
    // The step of a life may be due in months.
    expect(pacer.waitMs(1e10)).toBe(3_600_000);
    at(9_999);
    expect(pacer.due()).toBe(0);
    expect(pacer.waitMs()).toBe(2);
    at(10_000);
    expect(pacer.due()).toBe(1);
    expect(pacer.waitMs()).toBe(0);
  });

  test.each([0.1, 3, 333, 7_000, 100_000])('does not drift in an hour at %d/s with irregular ticks', (rate) => {
    const { pacer, at } = setUp(rate);
    let sent = 0;
    let ms = 0;
    for (let tick = 0; ms < 3_600_000; tick += 1) {
      ms = Math.min(3_600_000, ms + 3 + ((tick * 7_919) % 997) / 7);
      at(ms);
      const due = pacer.due();
      pacer.take(due);
      sent += due;
    }
    expect(sent).toBe(Math.floor(3_600 * rate + 1e-6) + 1);
  });

  test('says how late it is, and catches up', () => {
    const { pacer, at } = setUp(10);
    pacer.take(1);
    at(1_000);
    expect(pacer.lateMs()).toBe(900);
    expect(pacer.due()).toBe(10);
    pacer.take(10);
    expect(pacer.lateMs()).toBe(0);
    expect(pacer.waitMs()).toBe(100);
  });

  test('changes its rate without forgetting what is overdue', () => {
    const { pacer, at } = setUp(10);
    at(1_000);
    pacer.take(8);
    expect(pacer.due()).toBe(3);
    pacer.setRate(1);
    expect(pacer.rate).toBe(1);
    expect(pacer.due()).toBe(3);
    pacer.take(pacer.due());
    at(11_000);
    expect(pacer.due()).toBe(10);
  });

  test('follows a profile, and changes over to another at once', () => {
    const { pacer, at } = setUp(10);
    at(1_000);
    pacer.take(9);
    pacer.setRate(scheduleOf({ kind: 'burst', burstRate: 100, forMs: 1_000, everyMs: 5_000 }, 1));
    expect([pacer.due(), pacer.rate]).toEqual([2, 100]);
    pacer.take(2);
    at(2_000);
    expect(pacer.due()).toBe(100);
    at(6_000);
    expect([pacer.due(), pacer.rate]).toEqual([104, 100]);
  });
});
