import type { EpochSpan, FetchedPartition, LogRecord } from '../kafka/read/order-log.ts';
import { isBelievable } from '../lib/rfc3339.ts';
import { type Lineage, UNKNOWN_LINEAGE } from '../storage/postgresql/offset-store.ts';
import { type Epoch, lineageUpTo } from './log-lineage.ts';

/** A run of one partition's log that is stored as a unit: all its records, and the offset behind them. */
export interface Part {
  readonly queue: PartitionQueue;
  readonly from: number;
  readonly to: number;
  /** Of the log before `to`. */
  readonly lineage: Lineage;
  readonly records: readonly LogRecord[];
}

/** A stretch of the log that was fetched at once and belongs to one epoch. */
interface Chunk {
  readonly records: readonly LogRecord[];
  readonly span: EpochSpan;
  /** Records of it already taken. */
  taken: number;
  /** When it was fetched, by `performance.now`. */
  readonly fetchedAt: number;
}

/** A message that waits to be stored. */
interface Waiting extends Pick<Chunk, 'fetchedAt'> {
  readonly record: LogRecord;
}

/** Memory of a record besides its key and value: headers, objects. */
const RECORD_OVERHEAD_BYTES = 200;

/** One assigned partition: what was fetched and is not stored yet. No I/O. */
export class PartitionQueue {
  readonly partition: number;
  readonly topicId: string;
  /** Where to fetch next. */
  position: number;
  /** Leader epoch of the record before the position; −1 if unknown. */
  leaderEpoch: number;
  /** The stored offset. */
  stored: number;
  /** A batch with its records is being stored. */
  busy = false;
  /** It belongs to another consumer now, and nothing of it may be written. */
  revoked = false;
  /** Bytes fetched and not yet stored, including those of the running batch. */
  bufferedBytes = 0;
  readonly #chunks: Chunk[] = [];
  /** The oldest message of the running batch. */
  #running: Waiting | undefined;
  #lineage: Lineage;

  constructor(topicId: string, partition: number, offset: number, lineage: Lineage = UNKNOWN_LINEAGE) {
    this.topicId = topicId;
    this.partition = partition;
    this.position = offset;
    this.stored = offset;
    this.leaderEpoch = lineage.leaderEpoch;
    this.#lineage = lineage;
  }

  /** Adds what a fetch from `position` brought. */
  push(fetched: FetchedPartition): void {
    if (fetched.nextOffset <= this.position) return;
    for (const span of fetched.epochs) {
      if (span.nextOffset <= this.position) continue;
      // Most often it is the only one.
      const records =
        fetched.epochs.length === 1
          ? fetched.records
          : fetched.records.filter(({ offset }) => offset >= this.position && offset < span.nextOffset);
      this.position = span.nextOffset;
      this.leaderEpoch = span.leaderEpoch;
      this.#chunks.push({ records, span, taken: 0, fetchedAt: performance.now() });
    }
    this.bufferedBytes += bytesOf(fetched.records);
  }

  /**
   * Age of the oldest message that was fetched and is not stored, ms; undefined when there is none. By its timestamp,
   * and where the clock that set it can't be right, since it was fetched. `now`: ms since the Unix epoch.
   */
  oldestMs(now: number): number | undefined {
    const oldest = this.#running ?? this.#oldest;
    if (oldest === undefined) return undefined;
    const { record, fetchedAt } = oldest;
    const age = isBelievable(record.timestamp, now) ? now - record.timestamp : 0;
    return Math.max(age, performance.now() - fetchedAt);
  }

  get #oldest(): Waiting | undefined {
    const [chunk] = this.#chunks;
    const record = chunk?.records[chunk.taken];
    return chunk && record && { record, fetchedAt: chunk.fetchedAt };
  }

  /** Something to take: records, or just an offset behind a gap. */
  get ready(): boolean {
    return !this.busy && !this.revoked && this.#chunks.length > 0;
  }

  /**
   * Takes up to `max` records of one epoch, in log order, and marks the queue busy; call `done` once they are stored.
   */
  take(max: number): Part {
    const records: LogRecord[] = [];
    const oldest = this.#oldest;
    let to = this.stored;
    let epoch: Epoch = this.#lineage;
    for (let chunk = this.#chunks[0]; chunk !== undefined && records.length < max; chunk = this.#chunks[0]) {
      if (to > this.stored && chunk.span.leaderEpoch !== epoch.leaderEpoch) break;
      const end = Math.min(chunk.records.length, chunk.taken + max - records.length);
      for (let at = chunk.taken; at < end; at++) {
        const record = chunk.records[at];
        if (record !== undefined) records.push(record);
      }
      chunk.taken = end;
      epoch = chunk.span;
      if (end < chunk.records.length) {
        to = (records.at(-1)?.offset ?? to - 1) + 1;
        break;
      }
      to = chunk.span.nextOffset;
      this.#chunks.shift();
    }
    this.busy = true;
    this.#running = oldest;
    const last = records.at(-1);
    const lineage =
      last === undefined
        ? { ...this.#lineage, leaderEpoch: epoch.leaderEpoch, epochStart: epoch.epochStart }
        : lineageUpTo(last, epoch);
    return { queue: this, from: this.stored, to, lineage, records };
  }

  /** The part's records are stored: the queue is free for the next batch. */
  done(part: Part): void {
    this.busy = false;
    this.#running = undefined;
    this.stored = part.to;
    this.#lineage = part.lineage;
    this.bufferedBytes -= bytesOf(part.records);
  }
}

function bytesOf(records: readonly LogRecord[]): number {
  let bytes = 0;
  for (const record of records) {
    bytes += record.size + RECORD_OVERHEAD_BYTES;
  }
  return bytes;
}

/**
 * The next batch: parts of ready partitions until `maxRecords` is reached. Partitions take turns: one that gives
 * records goes to the end of the map. With little traffic a batch is small and leaves at once, and while it is being
 * stored the next one grows. A full batch leaves the other partitions to the other transactions.
 */
export function takeBatch(queues: Map<number, PartitionQueue>, maxRecords: number): Part[] {
  const parts: Part[] = [];
  let left = maxRecords;
  for (const queue of [...queues.values()]) {
    if (left <= 0) break;
    if (!queue.ready) continue;
    const part = queue.take(left);
    left -= part.records.length;
    parts.push(part);
    queues.delete(queue.partition);
    queues.set(queue.partition, queue);
  }
  return parts;
}

/** Splits a batch in two by its records, in log order; a part may be cut in the middle. */
export function splitBatch(parts: readonly Part[]): [Part[], Part[]] {
  const total = countRecords(parts);
  const first: Part[] = [];
  const second: Part[] = [];
  let left = Math.ceil(total / 2);
  for (const part of parts) {
    const here = Math.min(left, part.records.length);
    left -= here;
    const next = part.records[here];
    if (here === part.records.length || next === undefined) {
      first.push(part);
    } else if (here === 0) {
      second.push(part);
    } else {
      const records = part.records.slice(0, here);
      const last = records.at(-1);
      const lineage = last === undefined ? part.lineage : lineageUpTo(last, part.lineage);
      first.push({ ...part, to: next.offset, lineage, records });
      second.push({ ...part, from: next.offset, records: part.records.slice(here) });
    }
  }
  return [first, second];
}

export function countRecords(parts: readonly Part[]): number {
  return parts.reduce((total, part) => total + part.records.length, 0);
}

/** Records of a fetch. */
export function countFetched(fetched: readonly FetchedPartition[]): number {
  return fetched.reduce((total, { records }) => total + records.length, 0);
}

/**
 * Adds what was fetched from these positions to the queues. Returns the partitions whose position is not in the log.
 */
export function pushFetched(
  queues: ReadonlyMap<number, PartitionQueue>,
  fetched: readonly FetchedPartition[],
  positions: ReadonlyMap<number, number>,
): number[] {
  const outOfRange: number[] = [];
  for (const one of fetched) {
    const queue = queues.get(one.partition);
    // Revoked, or given back with another position, while the fetch was under way.
    if (queue === undefined || queue.position !== positions.get(one.partition)) continue;
    if (one.outOfRange) outOfRange.push(one.partition);
    else queue.push(one);
  }
  return outOfRange;
}

/** Partition → offset to fetch from, for every partition with room; empty while the memory limit is reached. */
export function positionsToFetch(
  queues: ReadonlyMap<number, PartitionQueue>,
  maxBufferedBytes: number,
): Map<number, number> {
  const positions = new Map<number, number>();
  let total = 0;
  for (const queue of queues.values()) total += queue.bufferedBytes;
  if (total >= maxBufferedBytes) return positions;
  const share = maxBufferedBytes / Math.max(1, queues.size);
  for (const queue of queues.values())
    if (!queue.revoked && queue.bufferedBytes < share) positions.set(queue.partition, queue.position);
  return positions;
}

/** Partition → leader epoch of the record before its position. */
export function lastEpochsOf(queues: ReadonlyMap<number, PartitionQueue>): Map<number, number> {
  return new Map([...queues].map(([partition, { leaderEpoch }]) => [partition, leaderEpoch]));
}
