import { expect, test } from 'bun:test';
import { LineSplitter } from './lines.ts';

function split(text: string, chunkBytes: number, maxBytes = 10): [number, string | undefined][] {
  const bytes = Buffer.from(text);
  const splitter = new LineSplitter(maxBytes);
  const lines = [];
  for (let at = 0; at < bytes.length; at += chunkBytes)
    lines.push(...splitter.push(bytes.subarray(at, at + chunkBytes)));
  lines.push(...splitter.end());
  return lines.map((line) => [line.number, line.bytes?.toString()]);
}

test('lines are the same however the chunks fall: CRLF, empty lines, letters of several bytes, no end at the end', () => {
  for (let chunkBytes = 1; chunkBytes < 30; chunkBytes++) {
    expect(split('a\nbc\r\n\n\r\nü😀\n\nlast', chunkBytes)).toEqual([
      [1, 'a'],
      [2, 'bc'],
      [5, 'ü😀'],
      [7, 'last'],
    ]);
    expect(split('a\n', chunkBytes)).toEqual([[1, 'a']]);
    expect(split('\n\n', chunkBytes)).toEqual([]);
    expect(split('', chunkBytes)).toEqual([]);
  }
});

test('a line of the allowed length is kept, one byte more is not, with either end, and the next is', () => {
  const ten = 'x'.repeat(10);
  for (let chunkBytes = 1; chunkBytes < 30; chunkBytes++) {
    expect(split(`${ten}\n${ten}\r\n${ten}y\n${ten}y\r\n${'z'.repeat(100)}\nok\n${ten}y`, chunkBytes)).toEqual([
      [1, ten],
      [2, ten],
      [3, undefined],
      [4, undefined],
      [5, undefined],
      [6, 'ok'],
      [7, undefined],
    ]);
  }
});
