import { describe, expect, test } from 'bun:test';
import { Pacer } from './pacer.ts';
import { scheduleOf } from './schedule.ts';

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
    at(9_999);
    expect(pacer.due()).toBe(0);
    expect(pacer.waitMs()).toBe(2);
    at(10_000);
    expect(pacer.due()).toBe(1);
    expect(pacer.waitMs()).toBe(0);
  });

  test.each([0.1, 3, 333, 7_000, 100_000])(
    'does not drift in an hour at %d/s with irregular ticks',
    (rate) => {
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
    },
  );

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
