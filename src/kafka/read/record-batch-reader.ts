import { compressionsAlgorithmsByBitmask } from '@platformatic/kafka';
import { AppError } from '../../lib/app-error.ts';
import type { LogRecord } from './order-log.ts';

/** A record batch, format version 2 (KIP-98). */
export interface RecordBatch {
  readonly attributes: number;
  readonly producerId: bigint;
  readonly firstOffset: number;
  /** Of the leader that wrote it (KIP-101). */
  readonly leaderEpoch: number;
  /** The offset behind the batch, including what compaction removed. */
  readonly nextOffset: number;
  readonly records: readonly LogRecord[];
}

const BATCH_LENGTH_AT = 8;
const BATCH_OVERHEAD = 12;
const LEADER_EPOCH_AT = 12;
const MAGIC_AT = 16;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const FIRST_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const PRODUCER_ID_AT = 43;
const COUNT_AT = 57;
const RECORDS_AT = 61;
const MAGIC = 2;
const COMPRESSION = 0b111;
const LOG_APPEND_TIME = 1 << 3;

/**
 * Reads the record batches of a fetch answer, without a last one that the byte limit cut short. Keys, values and
 * headers are looked up on demand and share the memory of `bytes`.
 * @throws AppError `kafka_unavailable` for a format or a compression that is not known.
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export function readRecordBatches(bytes: Buffer): RecordBatch[] {
  const batches: RecordBatch[] = [];
  let at = 0;
  while (bytes.length - at >= RECORDS_AT) {
    const end = at + BATCH_OVERHEAD + bytes.readInt32BE(at + BATCH_LENGTH_AT);
    if (end > bytes.length) break;
    batches.push(readBatch(bytes, at, end));
    at = end;
  }
  return batches;
}

function readBatch(bytes: Buffer, at: number, end: number): RecordBatch {
  const magic = bytes.readInt8(at + MAGIC_AT);
  if (magic !== MAGIC) throw new AppError('kafka_unavailable', `record batches of format ${magic} are not supported`);
  const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT);
  const firstOffset = Number(bytes.readBigInt64BE(at));
  const appended = (attributes & LOG_APPEND_TIME) !== 0;
  const firstTimestamp = Number(bytes.readBigInt64BE(at + (appended ? MAX_TIMESTAMP_AT : FIRST_TIMESTAMP_AT)));
  const count = bytes.readInt32BE(at + COUNT_AT);
  const compression = attributes & COMPRESSION;
  const records =
    compression === 0
      ? readRecords(bytes, at + RECORDS_AT, count, firstOffset, firstTimestamp, appended)
      : readRecords(
          inflate(bytes.subarray(at + RECORDS_AT, end), compression),
          0,
          count,
          firstOffset,
          firstTimestamp,
          appended,
        );
  return {
    attributes,
    producerId: bytes.readBigInt64BE(at + PRODUCER_ID_AT),
    firstOffset,
    leaderEpoch: bytes.readInt32BE(at + LEADER_EPOCH_AT),
    nextOffset: firstOffset + bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT) + 1,
    records,
  };
}

function inflate(bytes: Buffer, compression: number): Buffer {
  const algorithm = compressionsAlgorithmsByBitmask[compression];
  if (algorithm === undefined) throw new AppError('kafka_unavailable', `compression ${compression} is not known`);
  return algorithm.decompressSync(bytes);
}

function readRecords(
  bytes: Buffer,
  start: number,
  count: number,
  firstOffset: number,
  firstTimestamp: number,
  appended: boolean,
): LogRecord[] {
  const records: LogRecord[] = new Array(count);
  const cursor = new VarIntCursor(bytes, start);
  for (let index = 0; index < count; index++) {
    const length = cursor.next();
    const end = cursor.at + length;
    // Attributes: none are defined.
    cursor.at += 1;
    const timestampDelta = cursor.next();
    const offset = firstOffset + cursor.next();
    const timestamp = appended ? firstTimestamp : firstTimestamp + timestampDelta;
    const keyLength = cursor.next();
    const keyAt = cursor.at;
    if (keyLength > 0) cursor.at += keyLength;
    const valueLength = cursor.next();
    records[index] = new BatchRecord(bytes, offset, timestamp, keyAt, keyLength, cursor.at, valueLength);
    cursor.at = end;
  }
  return records;
}

/** Reads the zig-zag varints of Kafka's records; values past 2^31 are returned as numbers too. */
class VarIntCursor {
  at: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  next(): number {
    let byte = this.#bytes[this.at++] ?? 0;
    let value = byte & 0x7f;
    let scale = 128;
    while (byte > 0x7f) {
      byte = this.#bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/** A record as positions in its batch: most of its contents are never read. A length of −1 stands for null. */
class BatchRecord implements LogRecord {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly timestamp: number;
  readonly #keyAt: number;
  readonly #keyLength: number;
  readonly valueAt: number;
  readonly valueLength: number;

  constructor(
    bytes: Buffer,
    offset: number,
    timestamp: number,
    keyAt: number,
    keyLength: number,
    valueAt: number,
    valueLength: number,
  ) {
    this.bytes = bytes;
    this.offset = offset;
    this.timestamp = timestamp;
    this.#keyAt = keyAt;
    this.#keyLength = keyLength;
    this.valueAt = valueAt;
    this.valueLength = valueLength;
  }

  get size(): number {
    return Math.max(0, this.#keyLength) + Math.max(0, this.valueLength);
  }

  get key(): Buffer | null {
    return this.#keyLength < 0 ? null : this.bytes.subarray(this.#keyAt, this.#keyAt + this.#keyLength);
  }

  get value(): Buffer | null {
    return this.valueLength < 0 ? null : this.bytes.subarray(this.valueAt, this.valueAt + this.valueLength);
  }

  get headers(): LogRecord['headers'] {
    const headers: [Buffer | null, Buffer | null][] = [];
    const cursor = new VarIntCursor(this.bytes, this.valueAt + Math.max(0, this.valueLength));
    const field = (): Buffer | null => {
      const length = cursor.next();
      if (length < 0) return null;
      const bytes = this.bytes.subarray(cursor.at, cursor.at + length);
      cursor.at += length;
      return bytes;
    };
    const count = cursor.next();
    for (let index = 0; index < count; index++) headers.push([field(), field()]);
    return headers;
  }

  header(name: Buffer): Buffer | null | undefined {
    const bytes = this.bytes;
    const cursor = new VarIntCursor(bytes, this.valueAt + Math.max(0, this.valueLength));
    const count = cursor.next();
    for (let index = 0; index < count; index++) {
      const keyLength = cursor.next();
      const keyAt = cursor.at;
      cursor.at += Math.max(0, keyLength);
      const valueLength = cursor.next();
      const valueAt = cursor.at;
      cursor.at += Math.max(0, valueLength);
      if (keyLength !== name.length || bytes.compare(name, 0, name.length, keyAt, keyAt + keyLength) !== 0) continue;
      return valueLength < 0 ? null : bytes.subarray(valueAt, valueAt + valueLength);
    }
    return undefined;
  }
}

/** The part of a fetched record batch that matters here (KIP-98: attribute bit 4 is transactional, bit 5 control). */
export interface TransactionalBatch extends Pick<RecordBatch, 'attributes' | 'producerId' | 'firstOffset'> {
  readonly records: ReadonlyArray<Pick<LogRecord, 'key'>>;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;
const ABORT = 0;

/**
 * Keeps the batches that a reader of committed messages may see, in order: without control batches and aborted
 * transactions. As in Kafka's own consumer, a transaction counts as aborted from its first offset until its producer's
 * abort marker, which may be in a later fetch.
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-98
 */
export function committedBatches<Batch extends TransactionalBatch>(
  batches: readonly Batch[],
  aborted: readonly AbortedTransaction[],
): Batch[] {
  const pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const abortedProducers = new Set<bigint>();
  const kept: Batch[] = [];
  let next = 0;
  for (const batch of batches) {
    for (let one = pending[next]; one !== undefined && one.firstOffset <= batch.firstOffset; one = pending[++next]) {
      abortedProducers.add(one.producerId);
    }
    if ((batch.attributes & CONTROL) !== 0) {
      const marker = batch.records[0]?.key;
      // The control record's key is version:int16, type:int16.
      if (marker != null && marker.length >= 4 && marker.readInt16BE(2) === ABORT) {
        abortedProducers.delete(batch.producerId);
      }
      continue;
    }
    if ((batch.attributes & TRANSACTIONAL) !== 0 && abortedProducers.has(batch.producerId)) continue;
    kept.push(batch);
  }
  return kept;
}

/**
 * Their records from `position` on: a broker returns whole batches, so a fetch from the middle of one includes earlier
 * records.
 */
export function committedRecords(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
  position: number,
): LogRecord[] {
  const records: LogRecord[] = [];
  for (const batch of committedBatches(batches, aborted)) {
    for (const record of batch.records) if (record.offset >= position) records.push(record);
  }
  return records;
}
