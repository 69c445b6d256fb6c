import { expect, test } from 'bun:test';
import { likelyPartitions, murmur2, partitionOfKey } from './partitioner.ts';

// The vectors of Kafka's own org.apache.kafka.common.utils.UtilsTest.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2(%p) is %d', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test('a key with a negative hash goes where the Java client sends it', () => {
  expect(partitionOfKey(Buffer.from('21'), 6)).toBe((-973932308 & 0x7fffffff) % 6);
});

test('a key is likely where the Java client, librdkafka or Sarama sends it', () => {
  // CRC-32 of it is 0xcbf43926, FNV-1a 0xbb86b11c, by the check values of both.
  const key = Buffer.from('123456789');
  const signed = 0xbb86b11c | 0;
  expect(likelyPartitions(key, 1_000_003)).toEqual(
    new Set([partitionOfKey(key, 1_000_003), 0xcbf43926 % 1_000_003, Math.abs(signed % 1_000_003)]),
  );
});
