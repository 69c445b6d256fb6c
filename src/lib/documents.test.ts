import { expect, test } from 'bun:test';
import { DocumentSplitter } from './documents.ts';

function split(text: string | Buffer, chunkBytes: number, maxBytes = 1_000): [number, string | undefined][] {
  const bytes = Buffer.from(text);
  const splitter = new DocumentSplitter(maxBytes);
  const found = [];
  for (let at = 0; at < bytes.length; at += chunkBytes)
    found.push(...splitter.push(bytes.subarray(at, at + chunkBytes)));
  found.push(...splitter.end());
  return found.map(({ number, bytes: document }) => [number, document?.toString()]);
}

const everySize = [1, 2, 3, 7, 50, 10_000];
const pretty = (value: unknown) => JSON.stringify(value, undefined, 2);
const odd = { a: '}]"\\', b: [{ c: '[{\n' }], ü: {} };

test.each(everySize)('lines stay lines, with a byte order mark, too, %d bytes at a time', (size) => {
  const lines: [number, string][] = [
    [1, '{"a":1}'],
    [3, '{"half":'],
    [4, '{"b":[1]}'],
  ];
  expect(split('\uFEFF{"a":1}\n\n{"half":\r\n{"b":[1]}', size)).toEqual(lines);
  // A first line that is broken is one bad line.
  expect(split('{"half":"x\n{"b":2}\n', size)).toEqual([
    [1, '{"half":"x'],
    [2, '{"b":2}'],
  ]);
  expect(split('', size)).toEqual([]);
});

test.each(everySize)('documents over several lines end where they end, %d bytes at a time', (size) => {
  const [first, second] = [pretty(odd), pretty({ d: 1 })];
  expect(split(`\uFEFF\n${first}\r\n\n${second}\n`, size)).toEqual([
    [2, first],
    [first.split('\n').length + 3, second],
  ]);
  expect(split(`{ "a": 1,\n"b": 2 }`, size)).toEqual([[1, '{ "a": 1,\n"b": 2 }']]);
  expect(split('{\n"half": [', size)).toEqual([[1, '{\n"half": [']]);
});

test.each(everySize)('the members of a list are documents, %d bytes at a time', (size) => {
  const text = JSON.stringify(odd);
  expect(split(`[${text},${text}]`, size)).toEqual([
    [1, text],
    [1, text],
  ]);
  expect(split(pretty([{ a: 1 }, [2], 'x, y', 3]), size)).toEqual([
    [2, '{\n    "a": 1\n  }'],
    [5, '[\n    2\n  ]'],
    [8, '"x, y"'],
    [9, '3'],
  ]);
  expect(split('[]', size)).toEqual([]);
});

test.each(everySize)('one that is too long is passed over, %d bytes at a time', (size) => {
  expect(split(`[{"a":"${'x'.repeat(2_000)}"},{"b":1}]`, size)).toEqual([
    [1, undefined],
    [1, '{"b":1}'],
  ]);
});
