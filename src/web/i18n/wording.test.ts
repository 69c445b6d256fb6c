import { expect, test } from 'bun:test';
import { RULES } from '../../order/wording.ts';
import { wordedIn, wordingTexts } from './wording.ts';

const inBoth = (text: string) => [wordedIn('en', wordingTexts.en, text), wordedIn('ru', wordingTexts.ru, text)];

test('what is wrong is said in the reader’s language', () => {
  expect(inBoth('must be integer')).toEqual(['must be a whole number', 'нужно: целое число']);
  expect(inBoth('must be either string or null')).toEqual(['must be text or null', 'нужно: текст или null']);
  expect(inBoth('must not have fewer than 1 characters')).toEqual([
    'must have at least 1 character',
    'слишком коротко: нужно хотя бы 1 знак',
  ]);
  expect(inBoth('is 1817, the items add up to 2300')[0]).toBe('is 1,817, but the items add up to 2,300');
  expect(inBoth('1100000 bytes, the limit is 524288')[1]).toMatch(/^1\s100\s000 байт, предел — 524\s288$/);
  expect(inBoth('the server’s own words')).toEqual(['the server’s own words', 'the server’s own words']);
});

test('a text names the values of its rule, and no others', () => {
  const names = (text: string) => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name).sort();
  const of = (rules: Readonly<Record<string, string>>) =>
    Object.entries(rules).map(([rule, text]) => [rule, ...names(text)]);
  expect(of(wordingTexts.en.rules)).toEqual(of(RULES));
  expect(of(wordingTexts.ru.rules)).toEqual(of(RULES));
});
