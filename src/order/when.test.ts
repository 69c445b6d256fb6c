import { expect, test } from 'bun:test';
import { parseWhen } from './when.ts';

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
