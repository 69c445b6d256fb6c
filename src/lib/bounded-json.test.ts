import { expect, test } from 'bun:test';
import { DEPTH_BOUND, JSON_BOUNDS, jsonExcess, parseBoundedJson } from './bounded-json.ts';

const excess = (text: string, bounds = JSON_BOUNDS) => jsonExcess(Buffer.from(text), bounds);
const nested = (levels: number, inner = '') => '['.repeat(levels) + inner + ']'.repeat(levels);

test('what is nested too deep or has too many values is told before it is parsed', () => {
  expect(excess(nested(64))).toBeUndefined();
  expect(excess(nested(65))).toBe('is nested more than 64 levels deep');
  expect(excess('['.repeat(500_000))).toBe('is nested more than 64 levels deep');
  expect(excess(`{"a":${'[{"b":'.repeat(32)}1${'}]'.repeat(32)}}`)).toContain('levels');
  expect(excess(`[${'1,'.repeat(19_990)}1]`)).toBeUndefined();
  expect(excess(`[${'1,'.repeat(20_000)}1]`)).toBe('has more than 20000 values');
  expect(excess(`[${'{},'.repeat(10_000)}1]`)).toContain('values');
  expect(excess(`[${'1,'.repeat(20_000)}1]`, DEPTH_BOUND)).toBeUndefined();
});

test('what stands in a text is text', () => {
  expect(excess(JSON.stringify({ a: nested(100), b: `"${nested(100)}\\"`, c: ','.repeat(50_000) }))).toBeUndefined();
  expect(excess(`"\\\\"${nested(65)}`)).toContain('levels');
});

test('otherwise it is JSON.parse, of UTF-8', () => {
  expect(parseBoundedJson(Buffer.from('{"ü": [1e2]}'))).toEqual({ ü: [100] });
  expect(() => parseBoundedJson(Buffer.from(nested(65)))).toThrow(RangeError);
  expect(() => parseBoundedJson(Buffer.from('{half'))).toThrow(SyntaxError);
  expect(() => parseBoundedJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(TypeError);
});
