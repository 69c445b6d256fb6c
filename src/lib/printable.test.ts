import { expect, test } from 'bun:test';
import { printable, startOf, terminalJson, textOrBase64 } from './printable.ts';

test('what others wrote steers no terminal', () => {
  expect(printable('a\u001b[2J\u009b31m\u202e\nb')).toBe('a\\u{1b}[2J\\u{9b}31m\\u{202e}\\u{0a}b');
  expect(printable('a\nb', true)).toBe('a\nb');
});

test('JSON for a terminal has its C1 controls escaped, and means the same', () => {
  const value = { name: 'a\u007f\u0085\u009b31mé\u00a0', count: 3n };
  const text = terminalJson(value);
  expect(text).toBe('{"name":"a\\u007f\\u0085\\u009b31mé\u00a0","count":3}');
  expect(JSON.parse(text)).toEqual({ ...value, count: 3 });
});

test('UTF-8 is text, other bytes are base64', () => {
  expect(textOrBase64(Buffer.from('Жанна 🍒'))).toBe('Жанна 🍒');
  expect(textOrBase64(Buffer.from('\ufeffx'))).toBe('\ufeffx');
  expect(textOrBase64(Buffer.from([0xff, 0x00]))).toEqual({ base64: '/wA=' });
  expect(textOrBase64(Buffer.alloc(0))).toBe('');
});

test('a cut never goes through a character', () => {
  const bytes = Buffer.from('aЖ€🍒');
  const starts = Array.from({ length: 12 }, (_, length) => startOf(bytes.subarray(0, length)));
  expect(starts).toEqual(['', 'a', 'a', 'aЖ', 'aЖ', 'aЖ', 'aЖ€', 'aЖ€', 'aЖ€', 'aЖ€', 'aЖ€🍒', 'aЖ€🍒']);
  expect(startOf(Buffer.from([0x61, 0xff, 0xff, 0xff, 0xff]))).toEqual({ base64: 'Yf////8=' });
  expect(startOf(Buffer.from('ab'))).toBe('ab');
});
