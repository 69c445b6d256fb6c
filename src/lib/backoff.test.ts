import { expect, test } from 'bun:test';
import { aborted, Backoff, pause } from './backoff.ts';

const LATE = 0.999_999;

test('the ceiling doubles up to the maximum and stays there', () => {
  const backoff = new Backoff({ minMs: 100, maxMs: 1_000, random: () => LATE });
  expect([1, 2, 3, 4, 5, 6].map(() => Math.round(backoff.next()))).toEqual([100, 200, 400, 800, 1000, 1000]);
});

test('jitter takes the whole range below the ceiling, but not less than half the minimum', () => {
  const early = new Backoff({ minMs: 100, maxMs: 1_000, random: () => 0 });
  expect([early.next(), early.next()]).toEqual([50, 50]);
  const middle = new Backoff({ minMs: 100, maxMs: 1_000, random: () => 0.5 });
  expect([middle.next(), middle.next(), middle.next()]).toEqual([50, 100, 200]);
});

test('a success starts over, and thousands of attempts are no problem', () => {
  const backoff = new Backoff({ minMs: 10, maxMs: 500, random: () => LATE });
  for (let attempt = 0; attempt < 5_000; attempt += 1) expect(backoff.next()).toBeLessThanOrEqual(500);
  backoff.reset();
  expect(Math.round(backoff.next())).toBe(10);
});

test('a pause ends at once when the signal aborts, and leaves no listener behind', async () => {
  const controller = new AbortController();
  const start = performance.now();
  const long = pause(60_000, controller.signal);
  controller.abort();
  await long;
  await pause(60_000, controller.signal);
  expect(performance.now() - start).toBeLessThan(5_000);
});

test('a pause without an abort takes its time', async () => {
  const start = performance.now();
  await pause(40, new AbortController().signal);
  expect(performance.now() - start).toBeGreaterThan(35);
});

test('aborted resolves for a signal that aborts and for one that has', async () => {
  const controller = new AbortController();
  let resolved = false;
  const waiting = aborted(controller.signal).then(() => {
    resolved = true;
  });
  await Promise.resolve();
  expect(resolved).toBe(false);
  controller.abort();
  await waiting;
  await aborted(controller.signal);
});
