import { expect, test } from 'bun:test';
import { base64Of, bytesText, headerTexts, hexOf, prettyBytes } from './bytes.ts';

test('JSON is indented, other text stays, bytes become hexadecimal', () => {
  expect(prettyBytes('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect([prettyBytes('{"a":'), prettyBytes(null)]).toEqual(['{"a":', '']);
  expect(prettyBytes({ base64: btoa('\x00\xffA') })).toBe(hexOf(btoa('\x00\xffA')));
  expect(hexOf(btoa('\x00\xffA'))).toBe(`000000  00 ff 41${' '.repeat(39)}  ..A`);
  expect([bytesText(null), bytesText('k'), bytesText({ base64: '/w==' })]).toEqual(['—', 'k', 'base64:/w==']);
});

test('bytes go as base64', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  expect(atob(base64Of(bytes('aé')))).toBe('a\u00C3\u00A9');
  expect(Uint8Array.fromBase64(base64Of(bytes('жизнь')))).toEqual(bytes('жизнь'));
});

test('headers that have one name are told apart', () => {
  const headers = [
    { name: 'a', value: '1' },
    { name: 'b', value: null },
    { name: 'a', value: { base64: '/w==' } },
    { name: 'c', value: '' },
  ];
  expect(headerTexts(headers)).toEqual([
    ['a', '1'],
    ['b', '—'],
    ['a (2)', 'base64:/w=='],
    ['c', '""'],
  ]);
});
