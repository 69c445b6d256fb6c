import { expect, test } from 'bun:test';
import { type HttpAnswer, MalformedAnswer, ResponseReader } from './http-response.ts';

/** The answer to bytes that arrive in pieces of `size`. */
function readIn(size: number, text: string): HttpAnswer | undefined {
  const bytes = Buffer.from(text, 'latin1');
  const reader = new ResponseReader();
  for (let from = 0; from < bytes.length; from += size) {
    const answer = reader.feed(bytes.subarray(from, from + size));
    if (answer !== undefined) {
      expect(from + size).toBeGreaterThanOrEqual(bytes.length);
      return answer;
    }
  }
  return reader.end();
}

const LONG = 'x'.repeat(300);

test.each([
  ['with a length', 'HTTP/1.1 200 OK\r\nX-Cache: l1 \r\nContent-Length: 3\r\n\r\nabc', 'abc', true],
  ['without a body', 'HTTP/1.1 304 Not Modified\r\nx-cache: l1\r\ncontent-length: 3\r\n\r\n', '', true],
  ['empty', 'HTTP/1.1 200 OK\r\nx-cache: l1\r\ncontent-length: 0\r\n\r\n', '', true],
  [
    'in chunks',
    `HTTP/1.1 200 OK\r\nx-cache: l1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n12C;e=1\r\n${LONG}\r\n0\r\n\r\n`,
    `abc${LONG}`,
    true,
  ],
  [
    'in chunks with a trailer',
    'HTTP/1.1 200 OK\r\nx-cache: l1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n',
    'abc',
    true,
  ],
  [
    'after an interim one',
    'HTTP/1.1 103 Early Hints\r\na: b\r\n\r\nHTTP/1.1 200 OK\r\nx-cache: l1\r\ncontent-length: 1\r\n\r\na',
    'a',
    true,
  ],
  ['until the end of the connection', 'HTTP/1.1 200 OK\r\nx-cache: l1\r\n\r\nabc', 'abc', false],
  ['the last one', 'HTTP/1.1 200 OK\r\nx-cache: l1\r\nConnection: close\r\ncontent-length: 1\r\n\r\na', 'a', false],
  ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nx-cache: l1\r\ncontent-length: 1\r\n\r\na', 'a', false],
])('an answer %s, in pieces of any size', (_, text, body, keepAlive) => {
  for (let size = 1; size <= text.length; size += size < 9 ? 1 : 7) {
    const answer = readIn(size, text);
    expect(answer?.body.toString()).toBe(body);
    expect([answer?.keepAlive, answer?.header('x-cache'), answer?.header('none')]).toEqual([
      keepAlive,
      'l1',
      undefined,
    ]);
  }
});

test('one that is cut short is no answer', () => {
  expect(readIn(9, 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc')).toBeUndefined();
  expect(readIn(9, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n')).toBeUndefined();
});

test.each([
  'SSH-2.0-OpenSSH\r\n\r\n',
  'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
  'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nabc',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n',
  `HTTP/1.1 200 OK\r\na: ${'x'.repeat(70_000)}`,
])('refused: %p', (text) => {
  expect(() => readIn(1_000_000, text)).toThrow(MalformedAnswer);
});
