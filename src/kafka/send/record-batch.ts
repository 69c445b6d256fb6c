import { compressionsAlgorithms, crc32c, Writer } from '@platformatic/kafka';
import type { RecordHeaders } from '../../contract/letter.ts';
import type { OutgoingMessage } from './message-sender.ts';

/** How the records of a batch are compressed. */
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Who wrote a batch, and its place in what that producer wrote to the partition (KIP-98). */
export interface BatchIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

const RECORDS = 61;
const CRC = 17;
const ATTRIBUTES = 21;
const PRODUCER = 43;
/** Varints and the attributes byte of one record, and of one header, at their longest. */
const RECORD_OVERHEAD = 32;
const HEADER_OVERHEAD = 10;
/** Up to here a loop over the bytes is cheaper than a call into the engine. */
const SHORT = 20;

const NONE: RecordHeaders = [];
/** A header's name can't be null (KIP-82). */
const EMPTY = Buffer.alloc(0);

/** With their length before them, as a record has them. */
const headerNames = new Map<string, Uint8Array>();

/** An upper bound of what the message takes inside a batch, bytes. */
export function recordSize(message: OutgoingMessage): number {
  let size = RECORD_OVERHEAD + (message.key?.length ?? 0) + (message.value?.length ?? 0);
  for (const name in message.headers) {
    size += HEADER_OVERHEAD + nameBytes(name).length + (message.headers[name]?.length ?? 0) * 3;
  }
  for (const [name, content] of message.carried ?? NONE)
    size += HEADER_OVERHEAD + (name?.length ?? 0) + (content?.length ?? 0);
  return size;
}

/**
 * A record batch, format 2, all records at `timestampMs`, without identity and checksum: stampRecordBatch adds those.
 * Records that compression does not make shorter stay as they are.
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export function encodeRecordBatch(
  messages: readonly OutgoingMessage[],
  timestampMs: number,
  compression: Compression = 'none',
): Buffer {
  let size = RECORDS;
  for (const message of messages) size += recordSize(message);
  const batch = Buffer.allocUnsafeSlow(size);
  let at = RECORDS;
  for (let offset = 0; offset < messages.length; offset += 1) {
    const message = messages[offset];
    if (message !== undefined) at = writeRecord(batch, at, message, offset);
  }
  const timestamp = BigInt(timestampMs);
  batch.fill(0, 0, RECORDS);
  const packed = compression === 'none' ? undefined : packRecords(batch.subarray(RECORDS, at), compression);
  if (packed !== undefined) {
    at = RECORDS + packed.copy(batch, RECORDS);
    batch.writeInt16BE(compressionsAlgorithms[compression].bitmask, ATTRIBUTES);
  }
  batch.writeInt32BE(at - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(2, 16);
  batch.writeInt32BE(messages.length - 1, 23);
  batch.writeBigInt64BE(timestamp, 27);
  batch.writeBigInt64BE(timestamp, 35);
  batch.writeInt32BE(messages.length, 57);
  return batch.subarray(0, at);
}

/** Undefined when they would not get shorter. */
function packRecords(records: Buffer, compression: Compression): Buffer | undefined {
  const packed = compressionsAlgorithms[compression].compressSync(records);
  return packed.length < records.length ? packed : undefined;
}

/** Writes the identity and the checksum into the batch; may be repeated with another identity. */
export function stampRecordBatch(batch: Buffer, identity: BatchIdentity): void {
  batch.writeBigInt64BE(identity.producerId, PRODUCER);
  batch.writeInt16BE(identity.producerEpoch, PRODUCER + 8);
  batch.writeInt32BE(identity.baseSequence, PRODUCER + 10);
  // The client copies plain bytes before it sums them up, but not its own kind of buffer.
  const { dynamicBuffer } = Writer.create().append(batch.subarray(ATTRIBUTES));
  batch.writeUInt32BE(crc32c(dynamicBuffer) >>> 0, CRC);
}

function writeRecord(batch: Buffer, start: number, message: OutgoingMessage, offset: number): number {
  const { key, value, headers, carried = NONE } = message;
  let headerCount = carried.length;
  let headerBytes = 0;
  for (const [name, content] of carried) headerBytes += sizeOf(name ?? EMPTY) + sizeOf(content);
  for (const name in headers) {
    const content = headers[name];
    if (content === undefined) continue;
    const length = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
    headerCount += 1;
    headerBytes += nameBytes(name).length + varintSize(length) + length;
  }
  const body = 2 + varintSize(offset) + sizeOf(key) + sizeOf(value) + varintSize(headerCount) + headerBytes;
  let at = writeVarint(batch, start, body);
  batch[at] = 0;
  batch[at + 1] = 0;
  at = writeVarint(batch, at + 2, offset);
  at = writeNullable(batch, at, key);
  at = writeNullable(batch, at, value);
  at = writeVarint(batch, at, headerCount);
  for (const [name, content] of carried) {
    at = writeNullable(batch, at, name ?? EMPTY);
    at = writeNullable(batch, at, content);
  }
  for (const name in headers) {
    const content = headers[name];
    if (content === undefined) continue;
    at = writeBytes(batch, at, nameBytes(name));
    at = writeNullable(batch, at, typeof content === 'string' ? Buffer.from(content) : content);
  }
  return at;
}

/** With the length before it. */
function sizeOf(bytes: Buffer | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

function writeNullable(batch: Buffer, start: number, bytes: Buffer | null): number {
  if (bytes === null) return writeVarint(batch, start, -1);
  return writeBytes(batch, writeVarint(batch, start, bytes.length), bytes);
}

function writeBytes(batch: Buffer, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  if (length > SHORT) batch.set(bytes, at);
  else for (let i = 0; i < length; i += 1) batch[at + i] = bytes[i] ?? 0;
  return at + length;
}

/** A zigzag varint of −1 or a length below 2³⁰. */
function writeVarint(batch: Buffer, start: number, value: number): number {
  let at = start;
  let rest = (value << 1) ^ (value >> 31);
  while (rest > 127) {
    batch[at] = (rest & 127) | 128;
    at += 1;
    rest >>>= 7;
  }
  batch[at] = rest;
  return at + 1;
}

function varintSize(value: number): number {
  if (value < 64) return 1;
  if (value < 8_192) return 2;
  if (value < 1_048_576) return 3;
  return value < 134_217_728 ? 4 : 5;
}

/** A program has few header names; a caller with endless ones must not fill the memory. */
function nameBytes(name: string): Uint8Array {
  const known = headerNames.get(name);
  if (known !== undefined) return known;
  const text = Buffer.from(name);
  const bytes = Buffer.alloc(5 + text.length);
  const length = writeBytes(bytes, writeVarint(bytes, 0, text.length), text);
  const field = new Uint8Array(bytes.subarray(0, length));
  if (headerNames.size < 1_000) headerNames.set(name, field);
  return field;
}
