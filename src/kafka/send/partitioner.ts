import { crc32 } from 'node:zlib';

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/**
 * MurmurHash2 as Kafka's Java client computes it (org.apache.kafka.common.utils.Utils.murmur2), as a signed 32-bit
 * number.
 */
export function murmur2(data: Uint8Array): number {
  const { length } = data;
  let hash = SEED ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let k = byte(data, at) | (byte(data, at + 1) << 8) | (byte(data, at + 2) << 16) | (byte(data, at + 3) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(k, M);
  }
  const rest = length - at;
  if (rest === 3) hash ^= byte(data, at + 2) << 16;
  if (rest >= 2) hash ^= byte(data, at + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byte(data, at), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

function byte(data: Uint8Array, at: number): number {
  return data[at] ?? 0;
}

/** The partition this service sends a key to: the choice of Kafka's Java client and librdkafka's `murmur2_random`. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/**
 * Where the common clients send a key as they come: Kafka's Java client and kafka-python by MurmurHash2, librdkafka
 * (kcat, Python, Go, .NET) by CRC-32, Sarama and kafka-go by FNV-1a.
 */
export function likelyPartitions(key: Uint8Array, partitions: number): ReadonlySet<number> {
  return new Set([partitionOfKey(key, partitions), crc32(key) % partitions, Math.abs(fnv1a(key) % partitions)]);
}

/** FNV-1a of 32 bits, as a signed number. */
function fnv1a(data: Uint8Array): number {
  let hash = 0x811c9dc5 | 0;
  for (const one of data) hash = Math.imul(hash ^ one, 0x01000193);
  return hash;
}
