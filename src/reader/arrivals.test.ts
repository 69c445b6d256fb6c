import { expect, test } from 'bun:test';
import { Arrivals } from './arrivals.ts';

test('requests are due evenly from the start, however late they are taken', () => {
  const arrivals = new Arrivals(100, 1_000);
  expect([arrivals.take(), arrivals.take(), arrivals.take()]).toEqual([1_000, 1_010, 1_020]);
  expect(arrivals.next).toBe(1_030);
  // 1 030 … 1 090: seven of them.
  expect(arrivals.takeBefore(1_100)).toBe(7);
  expect(arrivals.takeBefore(1_100)).toBe(0);
  expect(arrivals.take()).toBe(1_100);
});

test('a faster rate counts at once, and what is overdue stays so', () => {
  const arrivals = new Arrivals(0.001, 0);
  arrivals.take();
  arrivals.setRate(10, 5_000);
  expect(arrivals.next).toBe(5_100);
  arrivals.setRate(1, 9_000);
  expect([arrivals.take(), arrivals.take()]).toEqual([5_100, 6_100]);
});
