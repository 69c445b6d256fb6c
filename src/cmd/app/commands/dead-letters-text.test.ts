import { expect, test } from 'bun:test';
import { deadLetter as letter } from '../../../../test/helpers/letter-records.ts';
import { summaryOf } from '../../../dead-letters/letter.ts';
import { hexDump, letterTable, letterText, valueText } from './dead-letters-text.ts';

test('text moves no cursor and fits the terminal', () => {
  const nasty = letter({ key: '\u001b[2J\u202e', value: '{"a":"\u009b31m\u2028"}' });
  const text = letterText(nasty, undefined);
  expect(text).toContain('\\u{1b}[2J\\u{202e}');
  for (const character of ['\u001b', '\u009b', '\u202e']) expect(text).not.toContain(character);
  const table = letterTable([summaryOf(nasty), summaryOf(letter())], 60);
  expect(table.split('\n')).toHaveLength(3);
  for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
});

test('on 80 columns a list still says why', () => {
  const table = letterTable([summaryOf(letter({ key: 'k'.repeat(60) }))], 80);
  expect(table.split('\n')[0]).toMatch(/^POSITION +AT +REASON +KEY +DETAIL$/);
  for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(table).toContain(letter().detail.slice(0, 8));
});

test('what is not JSON is dumped, and not all of it when it is long', () => {
  expect(hexDump(Buffer.from('hello, world!\n\u0000ab'))).toBe(
    '00000000  68 65 6c 6c 6f 2c 20 77 6f 72 6c 64 21 0a 00 61  |hello, world!..a|\n' +
      '00000010  62                                               |b|',
  );
  expect(valueText(Buffer.alloc(5_000, 0xfe))).toContain('904 bytes more');
  expect(valueText(null)).toContain('tombstone');
});
