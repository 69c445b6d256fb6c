import { expect, test } from 'bun:test';
import { ByteWriter } from './byte-writer.ts';

test('bytes, copies, texts and numbers stand one behind the other', () => {
  const buffer = new ByteWriter();
  buffer.text('aé🚚');
  buffer.byte(0x09);
  buffer.copy(Buffer.from('xyz'), 1, 3);
  for (const number of [-1, 0, 9, 10, 99, 1_234_567_890, Number.MAX_SAFE_INTEGER]) {
    buffer.byte(0x20);
    buffer.integer(number);
  }
  const text = 'aé🚚\tyz -1 0 9 10 99 1234567890 9007199254740991';
  expect(buffer.slice().toString()).toBe(text);
  expect(buffer.length).toBe(Buffer.byteLength(text));
});

test('it grows and keeps what it has; a slice is not touched by later writes', () => {
  const buffer = new ByteWriter();
  const line = Buffer.from('0123456789abcdef');
  for (let round = 0; round < 10_000; round++) buffer.copy(line, 0, line.length);
  expect(buffer.length).toBe(160_000);
  const slice = buffer.slice(0, 16);
  buffer.copyFrom(buffer, 0, 16);
  expect(buffer.slice(160_000).toString()).toBe(line.toString());
  buffer.clear();
  buffer.text('zzzzzzzzzzzzzzzz');
  expect(slice.toString()).toBe(line.toString());
  expect(buffer.slice().toString()).toBe('zzzzzzzzzzzzzzzz');
});
