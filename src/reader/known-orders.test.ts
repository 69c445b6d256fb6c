import { expect, test } from 'bun:test';
import { KnownOrders, zipfRank } from './known-orders.ts';

const listed = (...uids: string[]) => uids.map((uid, at) => ({ uid, storedAt: 1_000 - at }));
/** The middle of rank k's share when all ranks are equally likely. */
const atRank = (rank: number, count: number) => (rank - 0.5) / count;

function ranked(known: KnownOrders, count: number): (string | undefined)[] {
  return Array.from({ length: count }, (_, at) => known.pick(atRank(at + 1, count), 0)?.uid);
}

test('the first rank is the order stored last; older ones follow, and new ones come before', () => {
  const known = new KnownOrders(10);
  expect(known.pick(0.5, 1)).toBeUndefined();
  known.learnNewest(listed('c', 'b'), 0);
  known.learnOlder(listed('b', 'a'), 1);
  known.learnNewest([{ uid: 'd', storedAt: 2_000 }, ...listed('c')], 2);
  expect(ranked(known, 4)).toEqual(['d', 'c', 'b', 'a']);
});

test('an order that is stored anew is among the newest again, and what was read of it stays known', () => {
  const known = new KnownOrders(10);
  known.learnNewest(listed('b', 'a'), 0);
  const version = { topic: 't', partition: 0, offset: 1, producedAt: 1, storedAt: 999 };
  known.noteRead('a', version, '"x"');
  known.learnNewest([{ uid: 'a', storedAt: 3_000 }], 5);
  expect(ranked(known, 3)).toEqual(['a', 'b', 'a']);
  expect(known.get('a')).toMatchObject({ listed: { storedAt: 3_000, arrivedAt: 5 }, read: { version, etag: '"x"' } });
  // An answer that took longer than a later one.
  known.learnNewest([{ uid: 'a', storedAt: 2_000 }], 6);
  expect(known.get('a')?.listed.storedAt).toBe(3_000);
});

test('it holds no more than it may, and forgets the oldest', () => {
  const known = new KnownOrders(100);
  for (let at = 0; at < 100_000; at++) known.learnNewest([{ uid: `u${at % 70_000}`, storedAt: at }], at);
  expect([known.size, known.full]).toEqual([100, true]);
  expect(known.get('u29999')).toBeDefined();
  expect(known.get('u29899')).toBeUndefined();
  known.learnOlder(listed('z'), 0);
  expect(known.get('z')).toBeUndefined();
});

test('ranks follow Zipf’s law: k times rarer for rank k, and all alike for exponent 0', () => {
  const count = 1_000;
  const samples = 200_000;
  for (const exponent of [0, 0.8, 1, 1.5]) {
    const seen = new Map<number, number>();
    for (let at = 0; at < samples; at++) {
      const rank = zipfRank(count, exponent, (at + 0.5) / samples);
      seen.set(rank, (seen.get(rank) ?? 0) + 1);
    }
    expect(Math.min(...seen.keys())).toBe(1);
    expect(Math.max(...seen.keys())).toBe(count);
    // Of ranks 10 to 19 to ranks 100 to 190: the same number of places, ten times further.
    const shareOf = (ranks: readonly number[]) => ranks.reduce((sum, rank) => sum + (seen.get(rank) ?? 0), 0);
    const near = shareOf(Array.from({ length: 10 }, (_, at) => 10 + at));
    const far = shareOf(Array.from({ length: 10 }, (_, at) => 100 + 10 * at));
    expect(near / far).toBeGreaterThan(10 ** exponent * 0.85);
    expect(near / far).toBeLessThan(10 ** exponent * 1.15);
  }
});
