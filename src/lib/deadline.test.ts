import { expect, test } from 'bun:test';
import { AppError } from './app-error.ts';
import { within } from './deadline.ts';

test('an outcome in time passes as it is', async () => {
  expect(await within(60_000, Promise.resolve(7))).toBe(7);
  const error = new Error('its own');
  expect(await within(60_000, Promise.reject(error)).catch((caught: unknown) => caught)).toBe(error);
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
