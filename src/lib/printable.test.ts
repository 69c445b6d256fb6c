import { expect, test } from 'bun:test';
import { printable, terminalJson } from './printable.ts';

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
