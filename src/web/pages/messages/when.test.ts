import { expect, test } from 'bun:test';
import { whenOf, whenText } from './when.ts';

const local = (text: string) => new Date(text).toISOString();
const now = new Date('2026-11-27T12:00:00');

test('ages and times as people write them', () => {
  const cases: [string, string | undefined][] = [
    ['15m', '15m'],
    [' 15 min ', '15m'],
    ['2 h', '2h'],
    ['3 дн.', '3d'],
    ['2026-11-27 19:30', local('2026-11-27T19:30')],
    ['2026-11-27T9:05:07', local('2026-11-27T09:05:07')],
    ['2026-11-27', local('2026-11-27T00:00')],
    ['27.11.2026 19:30', local('2026-11-27T19:30')],
    ['9:30', local('2026-11-27T09:30')],
    ['2026-11-27T19:30:00+01:00', '2026-11-27T18:30:00.000Z'],
    ['2026-13-01', undefined],
    ['27.11', undefined],
    ['15 parsecs', undefined],
    ['yesterday', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of cases) expect([text, whenOf(text, now)]).toEqual([text, expected]);
});

test('a time is read again as it is shown', () => {
  const at = '2026-11-27T18:30:05.000Z';
  expect(whenOf(whenText(at))).toBe(at);
  expect(whenText('15m')).toBe('15m');
});
