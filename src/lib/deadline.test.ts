import { expect, test } from 'bun:test';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { AppError } from './app-error.ts';
import { heardWithin, TimeOut, within } from './deadline.ts';

const nothing = new Promise<never>(() => {});

test.each([within, heardWithin])('an outcome in time passes as it is', async (wait) => {
  expect(await wait(60_000, Promise.resolve(7))).toBe(7);
  const error = new Error('its own');
  expect(await wait(60_000, Promise.reject(error)).catch((caught: unknown) => caught)).toBe(error);
});

test('one that is late fails, retryable; its own failure later is nobody’s business', async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  const caught = await within(10, promise).catch((error: unknown) => error);
  expect(caught).toBeInstanceOf(AppError);
  expect(caught).toMatchObject({ code: 'aborted', retryable: true });
  // Unhandled, it would fail this test.
  reject(new Error('too late to matter'));
  await Promise.resolve();
});

test('silence ends after the time, not before', async () => {
  const from = performance.now();
  expect(await heardWithin(50, nothing).catch((caught: unknown) => caught)).toBeInstanceOf(TimeOut);
  expect(performance.now() - from).toBeGreaterThanOrEqual(49);
});

test('an event loop that stood still is no silence', async () => {
  const answer = (async () => {
    await nextTurn();
    const until = performance.now() + 300;
    while (performance.now() < until);
    // The question is sent only now, and the answer takes some turns.
    await sleep(5);
    return 'heard';
  })();
  expect(await heardWithin(100, answer)).toBe('heard');
});

test('a failure after the time is nobody’s business', async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  await heardWithin(10, promise).catch(() => {});
  // Unhandled, it would fail this test.
  reject(new Error('too late to matter'));
  await Promise.resolve();
});
