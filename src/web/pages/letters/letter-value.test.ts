import { expect, test } from 'bun:test';
import { editableValue, pointerOf, spotIn } from './letter-value.ts';

const ofBytes = (bytes: Uint8Array, value?: unknown) =>
  editableValue({ value, value_base64: bytes.toBase64(), value_bytes: bytes.length });
const bytes = (text: string) => new TextEncoder().encode(text);

test('JSON is indented, with every digit as it was sent', () => {
  expect(editableValue({ value: { a: 1 }, value_bytes: 7 }).text).toBe('{\n  "a": 1\n}');
  const exact = '{"a":9007199254740993}';
  expect(ofBytes(bytes(exact), JSON.parse(exact)).text).toBe('{\n  "a": 9007199254740993\n}');
});

test('other text is as it is, a tombstone is empty', () => {
  expect(ofBytes(bytes('{"half": '))).toEqual({ text: '{"half": ', isLossy: false });
  expect(editableValue({ value_bytes: null })).toEqual({ text: '', isLossy: false });
});

test('bytes that are no UTF-8 are said to be so', () => {
  expect(ofBytes(Uint8Array.of(0x61, 0xff))).toEqual({ text: 'a\uFFFD', isLossy: true });
});

const order = { a: 1, 'b/c': { d: [10, { e: 'x' }] }, f: null };

function marked(pointer: string | undefined): string {
  const { before, marked, after } = spotIn(order, pointer);
  // Whatever is marked, the text is the whole document.
  expect(before + marked + after).toBe(JSON.stringify(order, undefined, 2));
  return marked;
}

test('marks the member the pointer names', () => {
  expect(marked('/a')).toBe('"a": 1');
  expect(marked('/b~1c/d/0')).toBe('10');
  expect(marked('/b~1c/d/1/e')).toBe('"e": "x"');
  expect(marked('/f')).toBe('"f": null');
});

test('marks what is around a missing member, and nothing without a place', () => {
  expect(marked('/b~1c/d/1/missing')).toContain('"e": "x"');
  expect([marked('/nothing'), marked('/'), marked(undefined)]).toEqual(['', '', '']);
});

test('a detail begins with its pointer', () => {
  expect(pointerOf('/payment/amount: is 1')).toBe('/payment/amount');
  expect([pointerOf('/: x'), pointerOf('at line 1: y')]).toEqual(['/', undefined]);
});
