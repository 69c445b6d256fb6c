import { expect, test } from 'bun:test';
import { numberText, parseNumber } from './number-text.ts';

const CASES: readonly [text: string, en: number | undefined, ru: number | undefined][] = [
  ['10000', 10_000, 10_000],
  [' 10 000 ', 10_000, 10_000],
  ['10\u00a0000', 10_000, 10_000],
  ['1\u202f234\u202f567,5', 1_234_567.5, 1_234_567.5],
  ['10,000', 10_000, 10],
  ['10.000', 10, 10],
  ['1,000,000', 1_000_000, 1_000_000],
  ['1.000.000', 1_000_000, 1_000_000],
  ['1,234.5', 1_234.5, 1_234.5],
  ['1.234,5', 1_234.5, 1_234.5],
  ['1,5', 1.5, 1.5],
  ['0,125', 0.125, 0.125],
  ['0.05', 0.05, 0.05],
  ['-3', -3, -3],
  ['', undefined, undefined],
  ['ten', undefined, undefined],
  ['1e3', undefined, undefined],
  ['1 2', undefined, undefined],
  ['1,2,3', undefined, undefined],
  ['5 %', undefined, undefined],
  ['.5', undefined, undefined],
  ['Infinity', undefined, undefined],
];

test('numbers as people write them', () => {
  for (const [text, en, ru] of CASES)
    expect([text, parseNumber(text, 'en'), parseNumber(text, 'ru')]).toEqual([text, en, ru]);
});

test('a number is read again as it is shown', () => {
  for (const value of [0, 0.1, 0.000_001, 20, 12_345.678, 1_000_000_000_000])
    for (const language of ['en', 'ru'] as const)
      expect(parseNumber(numberText(value, language), language)).toBe(value);
});
