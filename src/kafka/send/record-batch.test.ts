import { expect, test } from 'bun:test';
import { crc32c, Reader, readRecordsBatch } from '@platformatic/kafka';
import { readRecordBatches } from '../read/record-batch-reader.ts';
import type { OutgoingMessage } from './message-sender.ts';
import { encodeRecordBatch, recordSize, stampRecordBatch } from './record-batch.ts';

const messages: OutgoingMessage[] = [
  { key: Buffer.from('k1'), value: Buffer.from('v1'), headers: {} },
  { key: null, value: Buffer.alloc(0), headers: { text: 'жук', bytes: Buffer.from([0, 255]), empty: '' } },
  { key: Buffer.alloc(0), value: null, headers: { '': 'no name' } },
  {
    key: null,
    value: Buffer.from('carries'),
    headers: { last: 'x' },
    carried: [
      [Buffer.from('twice'), Buffer.from('1')],
      [Buffer.from('twice'), Buffer.from('2')],
      [Buffer.from([0xff]), Buffer.alloc(200, 'd')],
      [Buffer.from('none'), null],
    ],
  },
  { key: Buffer.alloc(63, 'a'), value: Buffer.alloc(20_000, 'b'), headers: { long: 'x'.repeat(9_000) } },
  ...Array.from({ length: 100 }, (_, at) => ({
    key: Buffer.from(String(at)),
    value: Buffer.alloc(at, 'c'),
    headers: {},
  })),
];

const pair = (name: string, content: string | Buffer): [Buffer, Buffer] => [Buffer.from(name), Buffer.from(content)];

test('the client’s own reader reads what is encoded', () => {
  const batch = encodeRecordBatch(messages, 1_700_000_000_123);
  stampRecordBatch(batch, { producerId: 9_000_000_000n, producerEpoch: 3, baseSequence: 77 });
  const read = readRecordsBatch(Reader.from(batch));
  expect(read).toMatchObject({
    length: batch.length - 12,
    magic: 2,
    attributes: 0,
    firstTimestamp: 1_700_000_000_123n,
    maxTimestamp: 1_700_000_000_123n,
    producerId: 9_000_000_000n,
    producerEpoch: 3,
    firstSequence: 77,
    lastOffsetDelta: messages.length - 1,
  });
  expect(read.crc).toBe(crc32c(batch.subarray(21)) >>> 0);
  expect(
    read.records.map(({ key, value, headers }) => ({
      key,
      value,
      headers,
    })),
  ).toEqual(
    messages.map(({ key, value, headers, carried = [] }) => ({
      key,
      value,
      headers: [
        ...carried.map(([name, content]): [Buffer | null, Buffer | null] => [name, content]),
        ...Object.entries(headers).map(([name, content]) => pair(name, content)),
      ],
    })),
  );
  expect(read.records.map(({ offsetDelta }) => offsetDelta)).toEqual(messages.map((_, at) => at));
});

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'what is compressed by %s is read again, and stays as it is where that is shorter',
  (codec) => {
    const identity = { producerId: 1n, producerEpoch: 0, baseSequence: 0 };
    const batch = encodeRecordBatch(messages, 5, codec);
    stampRecordBatch(batch, identity);
    const plain = encodeRecordBatch(messages, 5);
    stampRecordBatch(plain, identity);
    expect(batch.length).toBeLessThan(plain.length / 2);
    const [read] = readRecordBatches(batch);
    const [wanted] = readRecordBatches(plain);
    expect(read?.records.map(({ offset, key, value, headers }) => ({ offset, key, value, headers }))).toEqual(
      wanted?.records.map(({ offset, key, value, headers }) => ({ offset, key, value, headers })),
    );
    const short = messages.slice(0, 1);
    expect(encodeRecordBatch(short, 5, codec)).toEqual(encodeRecordBatch(short, 5));
  },
);

test('recordSize is never too small', () => {
  for (const message of messages) {
    expect(recordSize(message) + 61).toBeGreaterThanOrEqual(encodeRecordBatch([message], 0).length);
  }
});
