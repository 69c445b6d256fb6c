import { describe, expect, test } from 'bun:test';
import {
  countEn,
  countRu,
  formatBytes,
  formatClock,
  formatDateTime,
  formatMoney,
  formatPercent,
  formatSpan,
  formatSpans,
  formatTime,
} from './format.ts';

test('the labels of an axis are exact, in one unit', () => {
  expect(formatSpans([0, 500, 1_000, 1_500])).toEqual(['0 s', '0.5 s', '1 s', '1.5 s']);
  expect(formatSpans([0, 0.5, 1])).toEqual(['0 ms', '0.5 ms', '1 ms']);
  expect(formatSpans([0, 60_000, 120_000], 'ru')).toEqual(['0 мин', '1 мин', '2 мин']);
  expect(formatSpans([0, 1_800_000, 9_000_000])).toEqual(['0 h', '0.5 h', '2.5 h']);
  const at = Date.parse('2026-11-27T12:30:00Z');
  expect([formatClock(at, 'en-GB', 'UTC'), formatClock(at + 15_000, 'en-GB', 'UTC')]).toEqual(['12:30', '12:30:15']);
});

describe('formatMoney', () => {
  test('knows how many minor units a currency has', () => {
    expect(formatMoney(1817, 'USD', 'symbol', 'en-US')).toBe('$18.17');
    expect(formatMoney(1817, 'JPY', 'symbol', 'en-US')).toBe('¥1,817');
    expect(formatMoney(1817, 'KWD', 'narrow', 'en-US')).toMatch(/1\.817/);
    expect(formatMoney(0, 'EUR', 'symbol', 'de-DE')).toMatch(/^0,00\s€$/);
  });

  test('is exact, and keeps the sign of less than one', () => {
    expect(formatMoney(Number.MAX_SAFE_INTEGER, 'USD', 'symbol', 'en-US')).toBe('$90,071,992,547,409.91');
    expect(formatMoney(-5, 'USD', 'symbol', 'en-US')).toBe('-$0.05');
  });

  test('narrow leaves the country to the code beside it', () => {
    expect(formatMoney(100, 'USD', 'symbol', 'en-GB')).toBe('US$1.00');
    expect(formatMoney(100, 'USD', 'narrow', 'en-GB')).toBe('$1.00');
  });

  test('what is no currency is a number and what stands there', () => {
    expect(formatMoney(1817, 'coins', 'symbol', 'en-US')).toBe('1,817 coins');
    expect(formatMoney(1817, '', 'symbol', 'en-US')).toBe('1,817');
  });
});

test('instants are in the reader’s zone; what is none stays', () => {
  expect(formatDateTime('2021-11-26T06:22:19Z', 'en-GB', 'Europe/Berlin')).toBe('26 Nov 2021, 07:22');
  expect(formatDateTime(1_637_907_727_000, 'en-GB', 'UTC')).toBe('26 Nov 2021, 06:22');
  expect(formatTime('2021-11-26T06:22:19.5Z', 'en-GB', 'UTC')).toBe('06:22:19');
  expect([formatDateTime('soon'), formatTime('soon')]).toEqual(['soon', 'soon']);
});

test('spans are as short as they read well', () => {
  const spans = [0.01, 0.44, 9.96, 38.4, 1234, 90_000, 7_200_000, 864_000_000];
  expect(spans.map((ms) => formatSpan(ms))).toEqual([
    '< 0.1 ms',
    '0.4 ms',
    '10 ms',
    '38 ms',
    '1.2 s',
    '2 min',
    '2 h',
    '10 d',
  ]);
  expect(formatSpan(1234, 'ru')).toBe('1,2 с');
});

test('per cents have the sign as the language writes it', () => {
  expect([formatPercent(12.5, 'en'), formatPercent(0.04, 'en', 2)]).toEqual(['12.5%', '0.04%']);
  expect(formatPercent(100, 'ru')).toMatch(/^100\s%$/);
});

test('sizes are in the largest unit that fits', () => {
  expect([0, 17, 1023, 1229, 3 * 2 ** 30].map((bytes) => formatBytes(bytes))).toEqual([
    '0 B',
    '17 B',
    '1,023 B',
    '1.2 KiB',
    '3 GiB',
  ]);
  expect(formatBytes(1536, 'ru')).toBe('1,5 КиБ');
});

test('a number takes the form of its noun', () => {
  expect([0, 1, 2, 1200].map((n) => countEn(n, 'order', 'orders'))).toEqual([
    '0 orders',
    '1 order',
    '2 orders',
    '1,200 orders',
  ]);
  expect([0, 1, 2, 5, 11, 21, 22].map((n) => countRu(n, 'заказ', 'заказа', 'заказов'))).toEqual([
    '0 заказов',
    '1 заказ',
    '2 заказа',
    '5 заказов',
    '11 заказов',
    '21 заказ',
    '22 заказа',
  ]);
});
