import { describe, expect, test } from 'bun:test';
import { orderAt } from './generator.ts';
import type { SourceMessage } from './message-source.ts';
import { type BadLine, NdjsonSource } from './ndjson-source.ts';

const lines = [0, 1, 2, 3].map((index) =>
  JSON.stringify(orderAt({ seed: 9, index }), null, index === 2 ? ' ' : '').replaceAll('\n', ''),
);

async function* chunks(text: string | Buffer, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(
  text: string | Buffer,
  options: { size?: number; allowInvalid?: boolean; maxOrderBytes?: number } = {},
) {
  const { size = 100, allowInvalid = false, maxOrderBytes = 4_096 } = options;
  const bad: BadLine[] = [];
  const source = new NdjsonSource({
    input: chunks(text, size),
    maxOrderBytes,
    allowInvalid,
    onBadLine: (line) => bad.push(line),
    now: () => Date.UTC(2026, 0, 1),
  });
  const messages: SourceMessage[] = [];
  for (;;) {
    const some = await source.take(3);
    if (some.length === 0) return { messages, bad, skipped: source.skipped };
    expect(some.length).toBeLessThanOrEqual(3);
    messages.push(...some);
  }
}

describe('NdjsonSource', () => {
  test.each([1, 7, 1_000, 100_000])('keeps the bytes of each line, read %d bytes at a time', async (size) => {
    const { messages, bad, skipped } = await read(`${lines.join('\n')}\n`, { size });
    expect(messages.map(({ value }) => String(value))).toEqual(lines);
    expect(messages.map(({ key }) => String(key))).toEqual(lines.map((line) => JSON.parse(line).order_uid));
    expect({ bad, skipped }).toEqual({ bad: [], skipped: 0 });
  });

  test('takes CRLF, empty lines and a last line without an end', async () => {
    const { messages, bad } = await read(`\r\n${lines[0]}\r\n\n${lines[1]}`);
    expect(messages.map(({ value }) => String(value))).toEqual(lines.slice(0, 2));
    expect(bad).toEqual([]);
  });

  test('takes README’s example as it is: over several lines, and a list of such', async () => {
    const orders = lines.map((line) => JSON.stringify(JSON.parse(line), undefined, 2));
    for (const text of [`\uFEFF${orders.join('\n')}\n`, `[\n${orders.join(',\n')}\n]`]) {
      const { messages, bad } = await read(text);
      expect(messages.map(({ value }) => String(value))).toEqual(orders);
      expect(bad).toEqual([]);
    }
  });

  test('an empty input has no messages', async () => {
    expect((await read('')).messages).toEqual([]);
  });

  const mixed = `${lines[0]}\nnot json\n{"order_uid":"u1","coupon":1}\n${lines[1]}\n`;

  test('reports bad lines by number and leaves them out', async () => {
    const { messages, bad, skipped } = await read(mixed);
    expect(messages.length).toBe(2);
    expect(skipped).toBe(2);
    expect(bad.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'not_json'],
      [3, 'unknown_field'],
    ]);
  });

  test('sends bad lines as they are when allowed, keyed where there is an order_uid', async () => {
    const { messages, bad, skipped } = await read(mixed, { allowInvalid: true });
    expect(messages.map(({ value }) => String(value))).toEqual(mixed.trimEnd().split('\n'));
    expect(messages.slice(1, 3).map(({ key }) => key && String(key))).toEqual([null, 'u1']);
    expect(skipped).toBe(0);
    expect(bad.length).toBe(2);
  });

  test('a line longer than an order may be is bad', async () => {
    const { bad, messages } = await read(`${'x'.repeat(5_000)}\n${lines[3]}`);
    expect(bad).toMatchObject([{ line: 1, reason: 'too_large' }]);
    expect(messages.length).toBe(1);
  });

  test('a line without an end does not fill the memory, and is never sent', async () => {
    const { bad, messages, skipped } = await read(
      Buffer.concat([Buffer.alloc(17_000_000, 'x'), Buffer.from(`\n${lines[0]}\n`)]),
      { size: 65_536, allowInvalid: true },
    );
    expect(bad).toMatchObject([{ line: 1, reason: 'too_large' }]);
    expect({ skipped, good: messages.length }).toEqual({ skipped: 1, good: 1 });
  });
});
