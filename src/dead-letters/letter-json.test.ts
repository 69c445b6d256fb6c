import { expect, test } from 'bun:test';
import { letterRecord } from '../../test/helpers/letter-records.ts';
import { parseLetter } from './letter.ts';
import { letterJson, letterSummary } from './letter-json.ts';
import { hexDump, letterTable, letterText, valueText } from './letter-text.ts';

const letter = (parts: object = {}) => parseLetter('t', 3, letterRecord({ offset: 17, ...parts }));

test('a value is JSON where that gives the same bytes, and bytes besides where not', () => {
  expect(letterJson(letter(), undefined)).toMatchObject({
    position: '3:17',
    value: { order_uid: 'k17' },
    key: 'k17',
  });
  expect(letterJson(letter(), undefined).value_base64).toBeUndefined();
  for (const value of ['{ "a": 1 }', '{"a":1e2}', '{"a":1,"a":2}', '9007199254740993']) {
    const json = letterJson(letter({ value }), undefined);
    expect(json.value).toBeDefined();
    expect(Buffer.from(json.value_base64 ?? '', 'base64').toString()).toBe(value);
  }
  expect(letterJson(letter({ value: '{half' }), undefined)).not.toHaveProperty('value');
  expect(letterJson(letter({ value: null }), undefined)).toMatchObject({ value_bytes: null });
});

test('an instant nobody could have meant is still an instant', () => {
  expect(letterSummary(letter({ at: 999_999_999_999_999 }), { attempts: 1, at: 0 })).toMatchObject({
    at: '9999-12-31T23:59:59.999Z',
    redriven_at: '1970-01-01T00:00:00.000Z',
  });
});

test('text moves no cursor and fits the terminal', () => {
  const nasty = letter({ key: '\u001b[2J\u202e', value: '{"a":"\u009b31m\u2028"}' });
  const text = letterText(nasty, undefined);
  expect(text).toContain('\\u{1b}[2J\\u{202e}');
  for (const character of ['\u001b', '\u009b', '\u202e']) expect(text).not.toContain(character);
  const table = letterTable([letterSummary(nasty, undefined), letterSummary(letter(), undefined)], 60);
  expect(table.split('\n')).toHaveLength(3);
  for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
});

test('on 80 columns a list still says why', () => {
  const table = letterTable([letterSummary(letter({ key: 'k'.repeat(60) }), undefined)], 80);
  expect(table.split('\n')[0]).toMatch(/^POSITION +AT +REASON +KEY +DETAIL$/);
  for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(table).toContain(letterSummary(letter(), undefined).detail.slice(0, 8));
});

test('what is not JSON is dumped, and not all of it when it is long', () => {
  expect(hexDump(Buffer.from('hello, world!\n\u0000ab'))).toBe(
    '00000000  68 65 6c 6c 6f 2c 20 77 6f 72 6c 64 21 0a 00 61  |hello, world!..a|\n' +
      '00000010  62                                               |b|',
  );
  expect(valueText(Buffer.alloc(5_000, 0xfe))).toContain('904 bytes more');
  expect(valueText(null)).toContain('tombstone');
});
