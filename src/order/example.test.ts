import { expect, test } from 'bun:test';
import { decodeOrder } from './decode.ts';
import { exampleOrder } from './example.ts';

test('the example is a valid order', () => {
  const now = 1_760_000_000_000;
  const text = JSON.stringify(exampleOrder('example-1', new Date(now)));
  expect(decodeOrder(Buffer.from(text), { maxBytes: 10_000, now: () => now }).ok).toBe(true);
});
