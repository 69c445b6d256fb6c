import { expect, test } from 'bun:test';
import { decodeOrder } from '../../../order/decode.ts';
import { sampleOrder } from './sample-order.ts';

test('the sample is a valid order', () => {
  const now = 1_760_000_000_000;
  const decoded = decodeOrder(Buffer.from(sampleOrder(now)), { maxBytes: 10_000, now: () => now });
  expect(decoded.ok).toBe(true);
});
