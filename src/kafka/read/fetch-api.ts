import { type Connection, type Reader, Writer } from '@platformatic/kafka';
import { type AbortedTransaction, type RecordBatch, readRecordBatches } from './record-batch-reader.ts';

const FETCH_KEY = 1;
/** Topics by id (KIP-516): Kafka 3.1. */
const OLDEST = 13;
const NEWEST = 17;
/** From this version on the replica id is a tagged field, which a consumer leaves out. */
const WITHOUT_REPLICA = 15;
const CONSUMER = -1;
const NO_SESSION = 0;
const NO_SESSION_EPOCH = -1;
const UNKNOWN_EPOCH = -1;
const DIVERGING_EPOCH = 0;

export interface FetchRequest {
  readonly topicId: string;
  /** Partition → offset to read from. */
  readonly positions: ReadonlyMap<number, number>;
  /**
   * Partition → epoch of the message before the position, if known: the broker says whether its log has it (KIP-320).
   */
  readonly lastEpochs: ReadonlyMap<number, number>;
  /** Partition → epoch of its leader, if known: another leader refuses. */
  readonly leaderEpochs: ReadonlyMap<number, number>;
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  /** 1: committed messages only (KIP-98). */
  readonly isolationLevel: 0 | 1;
  /** Of the reader: a leader may answer with a replica there instead of messages (KIP-392). */
  readonly rack: string;
}

export interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: readonly FetchedBatches[];
}

interface FetchedBatches {
  readonly partition: number;
  readonly errorCode: number;
  readonly logStartOffset: number;
  /** The log lacks the message that the position's epoch belongs to: it was cut. */
  readonly diverged: boolean;
  readonly aborted: readonly AbortedTransaction[];
  readonly batches: readonly RecordBatch[];
  /** The broker to read from instead; −1: this one. */
  readonly preferred: number;
}

/** The newest Fetch version in the broker's range that this client speaks; undefined if there is none. */
export function fetchVersion(range: { minVersion: number; maxVersion: number }): number | undefined {
  const version = Math.min(range.maxVersion, NEWEST);
  return version >= Math.max(range.minVersion, OLDEST) ? version : undefined;
}

/**
 * One Fetch request without a session. Resolves with the broker's answer per partition, including error codes; rejects
 * without an answer.
 * @see https://kafka.apache.org/protocol#The_Messages_Fetch
 */
export function fetchRecords(connection: Connection, version: number, request: FetchRequest): Promise<FetchAnswer> {
  return new Promise((resolve, fail) => {
    connection.send<FetchAnswer>(
      FETCH_KEY,
      version,
      () => writeRequest(version, request),
      (_correlation, _key, _version, reader) => readAnswer(reader),
      true,
      true,
      (error, answer) => (answer ? resolve(answer) : fail(error)),
    );
  });
}

function writeRequest(version: number, request: FetchRequest): Writer {
  const writer = Writer.create();
  if (version < WITHOUT_REPLICA) writer.appendInt32(CONSUMER);
  return writer
    .appendInt32(request.maxWaitMs)
    .appendInt32(1)
    .appendInt32(request.maxBytes)
    .appendInt8(request.isolationLevel)
    .appendInt32(NO_SESSION)
    .appendInt32(NO_SESSION_EPOCH)
    .appendArray([request.topicId], (topics, topicId) => {
      topics.appendUUID(topicId).appendArray([...request.positions], (partitions, [partition, offset]) => {
        partitions
          .appendInt32(partition)
          .appendInt32(request.leaderEpochs.get(partition) ?? UNKNOWN_EPOCH)
          .appendInt64(BigInt(offset))
          .appendInt32(request.lastEpochs.get(partition) ?? UNKNOWN_EPOCH)
          .appendInt64(-1n)
          .appendInt32(request.maxBytesPerPartition);
      });
    })
    .appendArray([], () => {})
    .appendString(request.rack)
    .appendTaggedFields();
}

function readAnswer(reader: Reader): FetchAnswer {
  // Throttle time.
  reader.skip(4);
  const errorCode = reader.readInt16();
  // Session id.
  reader.skip(4);
  const topics = reader.readArray((r) => {
    // Topic id: one was asked for.
    r.skip(16);
    // Their tagged fields are read, not skipped.
    return r.readArray(readPartition, true, false);
  });
  return { errorCode, partitions: topics.flat() };
}

function readPartition(reader: Reader): FetchedBatches {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  // High watermark and last stable offset.
  reader.skip(16);
  const logStartOffset = Number(reader.readInt64());
  const aborted = reader.readNullableArray((r) => ({ producerId: r.readInt64(), firstOffset: Number(r.readInt64()) }));
  const preferred = reader.readInt32();
  const size = reader.readUnsignedVarInt() - 1;
  const batches = size > 0 ? readRecordBatches(contiguous(reader, size)) : [];
  const diverged = hasTag(reader, DIVERGING_EPOCH);
  return { partition, errorCode, logStartOffset, diverged, aborted: aborted ?? [], batches, preferred };
}

/** Skips the tagged fields; returns whether one has this number. */
function hasTag(reader: Reader, wanted: number): boolean {
  let found = false;
  for (let left = reader.readUnsignedVarInt(); left > 0; left -= 1) {
    if (reader.readUnsignedVarInt() === wanted) found = true;
    reader.skip(reader.readUnsignedVarInt());
  }
  return found;
}

/** The next bytes of the answer as one Buffer: copied only when they came in several pieces. */
function contiguous(reader: Reader, size: number): Buffer {
  const bytes = reader.buffer.slice(reader.position, reader.position + size);
  reader.skip(size);
  return bytes;
}
