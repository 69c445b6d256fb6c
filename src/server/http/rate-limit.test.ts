import { expect, test } from 'bun:test';
import { RateLimit } from './rate-limit.ts';

test('two seconds’ worth at once, then as many as are given, each client by itself', () => {
  let now = 0;
  const limit = new RateLimit(5, () => now);
  const passed = (client: string) => {
    let count = 0;
    while (limit.secondsToWait(client) === 0) count++;
    return count;
  };
  expect(passed('a')).toBe(10);
  expect(limit.secondsToWait('a')).toBe(1);
  expect(passed('b')).toBe(10);
  now += 1000;
  expect(passed('a')).toBe(5);
  now += 3_600_000;
  expect(passed('a')).toBe(10);
});
