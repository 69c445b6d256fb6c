import { expect, test } from 'bun:test';
import { storedDocument } from '../../../test/helpers/stored-order.ts';
import { L1Orders } from './l1-orders.ts';

function trusted(maxBytes = 1_000_000): L1Orders {
  const local = new L1Orders(maxBytes);
  local.trustUntil(performance.now() + 60_000);
  return local;
}

function keep(local: L1Orders, uid: string): void {
  local.put(uid, local.reading([uid]), storedDocument(uid));
}

test('keeps what was read, as it was', () => {
  const local = trusted();
  keep(local, 'a');
  expect(local.get('a')).toEqual({ ...storedDocument('a'), tier: 'l1' });
  expect(local.get('b')).toBeUndefined();
});

test('does not take what was to be forgotten while it was read', () => {
  const local = trusted();
  for (const forget of [() => local.forget('a'), () => local.forgetAll(), () => local.flush()]) {
    local.trustUntil(performance.now() + 60_000);
    const ticket = local.reading(['a']);
    forget();
    local.put('a', ticket, storedDocument('a'));
    expect(local.count).toBe(0);
  }
});

test('does not take what was read before it was trusted, nor after the reading has ended', () => {
  const local = new L1Orders(1_000_000);
  const early = local.reading(['a']);
  local.trustUntil(performance.now() + 60_000);
  local.put('a', early, storedDocument('a'));
  const late = local.reading(['a']);
  local.ended(['a'], late);
  local.put('a', late, storedDocument('a'));
  expect(local.count).toBe(0);
});

test('answers only while it is trusted', () => {
  const local = trusted();
  keep(local, 'a');
  local.trustUntil(performance.now() - 1);
  expect(local.get('a')).toBeUndefined();
  local.trustUntil(performance.now() + 60_000);
  expect(local.get('a')?.tier).toBe('l1');
  local.flush();
  local.trustUntil(performance.now() + 60_000);
  expect(local.get('a')).toBeUndefined();
});

test('never grows past its bound; what was used least recently goes first', () => {
  const local = trusted(100_000);
  for (let at = 0; at < 1000; at++) {
    keep(local, `o${at}`);
    expect(local.get('o0')).toBeDefined();
    expect(local.bytes).toBeLessThanOrEqual(100_000);
  }
  expect(local.count).toBeGreaterThan(20);
  expect(local.get('o1')).toBeUndefined();
  expect(local.get('o999')).toBeDefined();
});

test('of no bytes it keeps nothing', () => {
  const local = trusted(0);
  keep(local, 'a');
  expect([local.enabled, local.count, local.get('a')]).toEqual([false, 0, undefined]);
});
