import { expect, test } from 'bun:test';
import { startOf, textOrBase64 } from './text-or-base64.ts';

test('UTF-8 is text, other bytes are base64', () => {
  expect(textOrBase64(Buffer.from('Жанна 🍒'))).toBe('Жанна 🍒');
  expect(textOrBase64(Buffer.from('\ufeffx'))).toBe('\ufeffx');
  expect(textOrBase64(Buffer.from([0xff, 0x00]))).toEqual({ base64: '/wA=' });
  expect(textOrBase64(Buffer.alloc(0))).toBe('');
});

test('a cut never goes through a character', () => {
  const bytes = Buffer.from('aЖ€🍒');
  const starts = Array.from({ length: 12 }, (_, length) => startOf(bytes, length));
  expect(starts).toEqual(['', 'a', 'a', 'aЖ', 'aЖ', 'aЖ', 'aЖ€', 'aЖ€', 'aЖ€', 'aЖ€', 'aЖ€🍒', 'aЖ€🍒']);
  expect(startOf(Buffer.from([0x61, 0xff, 0xff, 0xff, 0xff, 0xff]), 5)).toEqual({ base64: 'Yf////8=' });
  expect(startOf(Buffer.from('ab'), 9)).toBe('ab');
});
