import { describe, expect, test } from 'bun:test';
import { formatInstantMicros, isPlainInstant, parseInstantMicros } from './instant.ts';

describe('parseInstantMicros', () => {
  const cases: [string, bigint][] = [
    ['1970-01-01T00:00:00Z', 0n],
    ['2021-11-26T06:22:19Z', 1_637_907_739_000_000n],
    ['2021-11-26t06:22:19z', 1_637_907_739_000_000n],
    ['2021-11-26T09:22:19+03:00', 1_637_907_739_000_000n],
    ['2021-11-25T22:52:19-07:30', 1_637_907_739_000_000n],
    ['2021-11-26T06:22:19.1Z', 1_637_907_739_100_000n],
    ['2021-11-26T06:22:19.123456Z', 1_637_907_739_123_456n],
    ['2021-11-26T06:22:19.1234564Z', 1_637_907_739_123_456n],
    ['2021-11-26T06:22:19.999999999Z', 1_637_907_740_000_000n],
    ['1969-12-31T23:59:59.5Z', -500_000n],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000_000n],
  ];
  for (const [text, micros] of cases) test(text, () => expect(parseInstantMicros(text)).toBe(micros));

  const wrong = [
    '',
    '2021-11-26',
    '2021-13-01T00:00:00Z',
    '2021-02-29T00:00:00Z',
    '2021-11-26T24:00:00Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59.9999999Z',
  ];
  for (const text of [...wrong, '2021-11-26T06:22:19', '2021-11-26T06:22:60Z', '2021-11-26T06:22:19+25:00']) {
    test(`not ${text === '' ? 'nothing' : text}`, () => expect(parseInstantMicros(text)).toBeUndefined());
  }
});

test('format writes what parse reads, with no more digits than needed', () => {
  for (const text of [
    '2021-11-26T06:22:19Z',
    '2021-11-26T06:22:19.12Z',
    '1969-12-31T23:59:59.000001Z',
    '0001-01-01T00:00:00Z',
  ]) {
    expect(formatInstantMicros(parseInstantMicros(text) ?? 0n)).toBe(text);
  }
});

test('a plain instant is one that parse reads to the same text', () => {
  for (const text of ['2021-11-26T06:22:19Z', '1000-01-28T23:59:59Z']) {
    expect(isPlainInstant(text)).toBe(true);
    expect(formatInstantMicros(parseInstantMicros(text) ?? 0n)).toBe(text);
  }
  for (const text of [
    '2021-11-29T06:22:19Z',
    '2021-11-26T24:22:19Z',
    '2021-11-26T06:60:19Z',
    '2021/11/26T06:22:19Z',
    '2021-00-26T06:22:19Z',
    '202a-11-26T06:22:19Z',
    '0999-11-26T06:22:19Z',
  ]) {
    expect(isPlainInstant(text)).toBe(false);
  }
});
