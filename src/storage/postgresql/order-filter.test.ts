import { expect, test } from 'bun:test';
import { anyCase, endOfPrefix } from './order-filter.ts';

test('what begins with a text ends before the next one by code points', () => {
  expect(endOfPrefix('ab')).toBe('ac');
  expect(endOfPrefix('a\u{10ffff}')).toBe('b');
  expect(endOfPrefix('\ud7ff')).toBe('\ue000');
  expect(endOfPrefix('\uffff')).toBe('\u{10000}');
  expect(endOfPrefix('\u{10ffff}')).toBeUndefined();
});

test('a text in any case is no expression itself', () => {
  expect(anyCase(' aЯ\t 7ß.* ')).toBe('[aA][Яя]\\s+7ß\\.\\*');
});
