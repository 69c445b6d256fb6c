import type { FetchedPartition, LogRecord } from '../kafka/read/order-log.ts';

/** A run of one partition's log that is stored as one: every record of it, and the offset behind it. */
export interface Part {
  readonly queue: PartitionQueue;
  readonly from: number;
  readonly to: number;
  /** Of what stands before `to`, or later: with what is fetched together the last one counts. */
  readonly leaderEpoch: number;
  readonly records: readonly LogRecord[];
}

interface Chunk {
  readonly records: readonly LogRecord[];
  readonly nextOffset: number;
  readonly leaderEpoch: number;
  /** Records of it already taken. */
  taken: number;
}

/** What a record holds besides its key and value: headers, objects. */
const RECORD_OVERHEAD_BYTES = 200;

/** One assigned partition: what is fetched of it and not yet stored. No I/O. */
export class PartitionQueue {
  readonly partition: number;
  readonly topicId: string;
  /** Where to fetch on. */
  position: number;
  /** Leader epoch of what stands before the position; −1 when it is not known. */
  leaderEpoch: number;
  /** Where the database is. */
  stored: number;
  /** A batch with records of it is on its way. */
  busy = false;
  /** It belongs to someone else now: nothing of it may be written any more. */
  revoked = false;
  /** Bytes fetched and not yet stored, those of the batch on its way included. */
  bufferedBytes = 0;
  readonly #chunks: Chunk[] = [];
  #storedEpoch: number;

  constructor(topicId: string, partition: number, offset: number, leaderEpoch = -1) {
    this.topicId = topicId;
    this.partition = partition;
    this.position = offset;
    this.stored = offset;
    this.leaderEpoch = leaderEpoch;
    this.#storedEpoch = leaderEpoch;
  }

  /** Adds what a fetch from `position` brought. */
  push(fetched: FetchedPartition): void {
    if (fetched.nextOffset <= this.position) return;
    const { records, nextOffset, leaderEpoch } = fetched;
    this.position = nextOffset;
    this.leaderEpoch = leaderEpoch;
    this.#chunks.push({ records, nextOffset, leaderEpoch, taken: 0 });
    this.bufferedBytes += bytesOf(fetched.records);
  }

  /** Something to take: records, or just an offset behind a gap. */
  get ready(): boolean {
    return !this.busy && !this.revoked && this.#chunks.length > 0;
  }

  /** Takes up to `max` records in log order and marks the queue busy; call `done` when their fate is settled. */
  take(max: number): Part {
    const records: LogRecord[] = [];
    let to = this.stored;
    let leaderEpoch = this.#storedEpoch;
    for (let chunk = this.#chunks[0]; chunk !== undefined && records.length < max; chunk = this.#chunks[0]) {
      const end = Math.min(chunk.records.length, chunk.taken + max - records.length);
      for (let at = chunk.taken; at < end; at++) {
        const record = chunk.records[at];
        if (record !== undefined) records.push(record);
      }
      chunk.taken = end;
      leaderEpoch = chunk.leaderEpoch;
      if (end < chunk.records.length) {
        to = (records.at(-1)?.offset ?? to - 1) + 1;
        break;
      }
      to = chunk.nextOffset;
      this.#chunks.shift();
    }
    this.busy = true;
    return { queue: this, from: this.stored, to, leaderEpoch, records };
  }

  /** The part's records are stored: the queue is free for the next batch. */
  done(part: Part): void {
    this.busy = false;
    this.stored = part.to;
    this.#storedEpoch = part.leaderEpoch;
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
