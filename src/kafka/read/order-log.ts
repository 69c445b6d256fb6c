import type { RecordHeaders } from '../../contract/letter.ts';
import { LAST_INSTANT, withinRfc3339 } from '../../lib/rfc3339.ts';

/** One record of a partition. Its buffers share the fetch answer's memory, and are made when they are asked for. */
export interface LogRecord {
  /** Offsets are numbers here: 2^53 messages last 285 years at a million a second. */
  readonly offset: number;
  /** ms since the Unix epoch, the record's own timestamp. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** The value lies in these bytes from `valueAt` on; a `valueLength` of −1 stands for null. */
  readonly bytes: Buffer;
  readonly valueAt: number;
  readonly valueLength: number;
  /** Bytes of key and value together. */
  readonly size: number;
  /** The value of the first header of that name; undefined if absent. */
  header(name: Buffer): Buffer | null | undefined;
}

/** What one fetch brought of one partition. */
export interface FetchedPartition {
  readonly partition: number;
  readonly records: readonly LogRecord[];
  /** Where to continue reading: past gaps, control records and aborted messages. */
  readonly nextOffset: number;
  readonly logStartOffset: number;
  /** The same by leader epoch, in log order; empty when nothing was read. */
  readonly epochs: readonly EpochSpan[];
  /**
   * The requested position is no longer or not yet in the log, or the log is not, or may not be, the one that was read
   * up to it.
   */
  readonly outOfRange: boolean;
}

/** A stretch of a log that one leader epoch wrote. */
export interface EpochSpan {
  readonly leaderEpoch: number;
  /** Where the broker says that the epoch begins; −1 when it was not asked. */
  readonly epochStart: number;
  /** The offset behind the stretch. */
  readonly nextOffset: number;
}

/** The partitions assigned to this member. A new object at every rebalance. */
export interface Assignment {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

/** The first offset still in the log, and the offset after the last one that readers of committed messages see. */
export interface LogRange {
  readonly start: number;
  readonly end: number;
}

/** The group's committed offset in a partition. */
export interface CommittedOffset {
  readonly offset: number;
  /**
   * Committed by somebody else, such as Kafka's own tool: this service always includes the leader epoch, the tool never
   * does.
   */
  readonly byHand: boolean;
}

/**
 * Where an epoch ends in a log: the last epoch up to the requested one, and the offset behind it. Both are −1 if there
 * is none.
 */
export interface EpochEnd {
  readonly leaderEpoch: number;
  readonly end: number;
  /** The leader has this epoch, so the log goes on in it. */
  readonly newest: boolean;
}

/**
 * A member of a consumer group, reduced to what is harmless to the data: it says which partitions are ours, reads them
 * from given offsets, and passes offsets on to Kafka for tools that show lag. It never decides where to read.
 */
export interface OrderLog {
  /**
   * Joins the group. `onAssignment` is called at every rebalance, the first included; `onLost` at most once, when this
   * member is of no more use and must be closed and replaced.
   * @throws AppError `kafka_unavailable` (retryable), `topic_missing`.
   */
  start(onAssignment: (assignment: Assignment) => void, onLost: (reason: string) => void): Promise<void>;
  /**
   * Reads each partition from its position; waits up to `waitMs` for the first message, and resolves with what one
   * broker has. `lastEpochs` are those of the messages before the positions, where they are known. One at a time.
   * @throws AppError `kafka_unavailable` (retryable) when no broker answers; `topic_missing` when the topic has gone or
   * was re-created.
   */
  fetch(
    positions: ReadonlyMap<number, number>,
    waitMs: number,
    lastEpochs?: ReadonlyMap<number, number>,
  ): Promise<FetchedPartition[]>;
  /** Reads one partition from an offset, beside `fetch`. @throws AppError as `fetch`. */
  peek(partition: number, offset: number): Promise<FetchedPartition[]>;
  /** Partitions without a leader are left out. @throws AppError `kafka_unavailable` (retryable). */
  ranges(partitions: readonly number[]): Promise<Map<number, LogRange>>;
  /**
   * The group's offsets in Kafka; partitions without one are left out. @throws AppError `kafka_unavailable`
   * (retryable).
   */
  committed(): Promise<Map<number, CommittedOffset>>;
  /** Partition → where the given epoch of it ends (KIP-320). @throws AppError `kafka_unavailable` (retryable) */
  epochEnds(epochs: ReadonlyMap<number, number>): Promise<Map<number, EpochEnd>>;
  /** Tells Kafka how far each partition is stored. Failing does no harm: the database's offset wins. */
  commit(offsets: ReadonlyMap<number, number>): Promise<void>;
  /** When the broker last answered a heartbeat, ms since the Unix epoch; undefined before the first. */
  readonly lastHeartbeat: number | undefined;
  /** Leaves the group and closes every socket; idempotent, bounded in time. */
  close(): Promise<void>;
}

const PRODUCED_AT = Buffer.from('produced-at');

/** When the order was produced, ms since the Unix epoch: the `produced-at` header, or else the record's timestamp. */
export function producedAt(record: Pick<LogRecord, 'header' | 'timestamp'>): number {
  const value = record.header(PRODUCED_AT);
  const millis = value ? digits(value) : undefined;
  if (millis !== undefined) return millis;
  return withinRfc3339(record.timestamp);
}

function digits(value: Buffer): number | undefined {
  if (value.length === 0 || value.length > 15) return undefined;
  let number = 0;
  for (let at = 0; at < value.length; at++) {
    const digit = (value[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number <= LAST_INSTANT ? number : undefined;
}
