import { describe, expect, test } from 'bun:test';
import { decodeListCursor, encodeListCursor, type ListedQuery } from './order-list.ts';

const query: ListedQuery = { filter: { customerId: 'a', amountFrom: 5 }, order: 'newest' };
const position = { storedAt: 1_760_000_000_123_456n, offset: 9_007_199_254_740_993n, uid: 'ü 😀/1' };

describe('a cursor of a list', () => {
  test('comes back as the position it was made of', () => {
    for (const one of [
      position,
      { ...position, storedAt: -1n, uid: '' },
      { storedAt: 253_402_300_799_999_999n, offset: 2n ** 63n - 1n, uid: '😀'.repeat(128) },
    ]) {
      const text = encodeListCursor(one, query);
      expect(text).toMatch(/^[\w-]+$/);
      expect(decodeListCursor(text, query)).toEqual(one);
    }
  });

  test('does not depend on the order in which the filters were named', () => {
    const text = encodeListCursor(position, query);
    const same: ListedQuery = { filter: { amountFrom: 5, customerId: 'a' }, order: 'newest' };
    expect(decodeListCursor(text, same)).toEqual(position);
  });

  test('is none of another list', () => {
    const text = encodeListCursor(position, query);
    expect(decodeListCursor(text, { ...query, order: 'oldest' })).toBeUndefined();
    expect(decodeListCursor(text, { ...query, filter: { customerId: 'b', amountFrom: 5 } })).toBeUndefined();
    expect(decodeListCursor(text, { ...query, filter: {} })).toBeUndefined();
  });

  test('with one bit or one character changed is none', () => {
    const text = encodeListCursor(position, query);
    const bytes = Buffer.from(text, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeListCursor(changed.toString('base64url'), query)).toBeUndefined();
    }
    for (const other of ['', 'AA', `${text}A`, `${text}=`, ` ${text}`, text.slice(1), '💣', 'x'.repeat(5_000)]) {
      expect(decodeListCursor(other, query)).toBeUndefined();
    }
  });

  test('made up with the right checksum is none when PostgreSQL could not read it', () => {
    for (const bad of [
      { ...position, offset: -1n },
      { ...position, storedAt: 2n ** 62n },
      { ...position, storedAt: -(2n ** 62n) },
      { ...position, uid: 'a\u0000' },
    ]) {
      expect(decodeListCursor(encodeListCursor(bad, query), query)).toBeUndefined();
    }
  });
});
