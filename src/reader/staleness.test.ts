import { expect, test } from 'bun:test';
import type { KnownOrder } from './known-orders.ts';
import { isNews, type JudgedAnswer, olderThan } from './staleness.ts';

const SENT = 100_000;
const NOW = 10_000_000;
const version = { topic: 'orders', partition: 1, offset: 7, producedAt: 900, storedAt: 1_000 };
const known = (listedAt: number, read?: typeof version, arrivedAt = 0): KnownOrder => ({
  uid: 'a',
  listed: { storedAt: listedAt, arrivedAt },
  read: read && { version: read, etag: '"x"' },
});
const judge = (before: KnownOrder, answered: typeof version | undefined, more: Partial<JudgedAnswer> = {}) =>
  olderThan({ before, answered, sentAt: SENT, now: NOW, retentionMs: 0, ...more });

test('the same version again and a later one are not older', () => {
  expect(judge(known(1_000, version), version)).toBeUndefined();
  expect(judge(known(1_000, version), { ...version, offset: 8, storedAt: 2_000 })).toBeUndefined();
});

test('an earlier offset of the same partition is older', () => {
  expect(judge(known(900, version), { ...version, offset: 6, storedAt: 900 })).toEqual(version);
  // Two versions of one millisecond.
  expect(judge(known(1_000, version), { ...version, offset: 6 })).toEqual(version);
});

test('what was stored later is not older: offsets were reset, or the topic made anew', () => {
  expect(judge(known(1_000, version), { ...version, offset: 2, storedAt: 1_001 })).toBeUndefined();
});

test('of two partitions the version is older that was both sent and stored earlier', () => {
  const elsewhere = { ...version, partition: 2, offset: 99 };
  expect(judge(known(1_000, version), { ...elsewhere, producedAt: 800, storedAt: 999 })).toEqual(version);
  // Its transaction began earlier and ended later.
  expect(judge(known(900, version), { ...elsewhere, producedAt: 901, storedAt: 999 })).toBeUndefined();
});

test('what a list has shown counts once caches have had time to hear of it', () => {
  const before = known(2_000, version, SENT - 5_000);
  expect(judge(before, version)).toEqual({ storedAt: 2_000 });
  expect(judge(before, version, { sentAt: SENT - 1 })).toBeUndefined();
  expect(judge(before, { ...version, storedAt: 1_999 })).toBeUndefined();
});

test('an order that was there may only be gone when its time is over', () => {
  expect(judge(known(1_000), undefined)).toEqual({ storedAt: 1_000 });
  expect(judge(known(1_000, version), undefined)).toEqual(version);
  expect(judge(known(1_000, version), undefined, { retentionMs: 5_000_000 })).toBeUndefined();
  expect(judge(known(1_000, version), undefined, { retentionMs: 20_000_000 })).toEqual(version);
});

test('an answer that was overtaken by a newer one is no news', () => {
  expect(isNews(version, undefined)).toBe(true);
  expect(isNews(version, version)).toBe(false);
  expect(isNews({ ...version, offset: 6 }, version)).toBe(false);
  expect(isNews({ ...version, offset: 2, storedAt: 1_001 }, version)).toBe(true);
});
