import { describe, expect, test } from 'bun:test';
import { formatInstantMicros, isPlainInstant, parseInstantMicros, parseWhen } from './instant.ts';

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

const NOW = 1_760_000_000_000;

test('an age counts back from now', () => {
  expect(parseWhen('90s', NOW)).toBe(NOW - 90_000);
  expect(parseWhen('15m', NOW)).toBe(NOW - 900_000);
  expect(parseWhen('2h', NOW)).toBe(NOW - 7_200_000);
  expect(parseWhen('7d', NOW)).toBe(NOW - 604_800_000);
  // A thousand years would be no RFC 3339.
  expect(parseWhen('958809d', NOW)).toBe(0);
});

test('an instant is taken as it is, anything else is nothing', () => {
  expect(parseWhen('2026-01-02T03:04:05.678Z', NOW)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  expect(parseWhen('2026-01-02T03:04:05+01:00', NOW)).toBe(Date.UTC(2026, 0, 2, 2, 4, 5));
  for (const text of ['', 'yesterday', '15', 'm', '-5m', '1.5h', '2026-01-02', '5 m']) {
    expect(parseWhen(text, NOW)).toBeUndefined();
  }
});
