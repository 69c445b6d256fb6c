import { crc32 } from 'node:zlib';
import type { EpochEnd, LogRange, LogRecord, OrderLog } from '../kafka/read/order-log.ts';
import { type Lineage, type StoredOffset, UNKNOWN_LINEAGE } from '../storage/postgresql/offset-store.ts';

/** Where to continue reading a partition. */
export interface Continuation {
  /** The stored position, or the earlier one where today's log and the stored one diverge. */
  readonly position: StoredOffset;
  /** False if a broker that has just started, or does not know of a new leader yet, would briefly say the same. */
  readonly sure: boolean;
}

export type Epoch = Pick<Lineage, 'leaderEpoch' | 'epochStart'>;
type Log = Pick<OrderLog, 'epochEnds' | 'peek' | 'ranges'>;

/** The lineage of a log up to and including this record, which was written in this epoch. */
export function lineageUpTo(record: LogRecord, { leaderEpoch, epochStart }: Epoch): Lineage {
  return { leaderEpoch, epochStart, lastOffset: record.offset, lastCrc: fingerprint(record) };
}

/**
 * Compares each partition's log with what was stored of it (KIP-320), for logs that lost their end or were restored
 * from a backup. Reading from too early an offset is harmless, since storing again changes nothing. Partitions without
 * a leader are left out.
 * @throws AppError `kafka_unavailable` (retryable).
 */
export async function continuationsOf(
  log: Log,
  ranges: ReadonlyMap<number, LogRange>,
  stored: ReadonlyMap<number, StoredOffset>,
): Promise<Map<number, Continuation>> {
  const known = [...stored].filter(([, { lineage }]) => lineage.leaderEpoch >= 0);
  const ends = await askEnds(
    log,
    known.map(([partition, { lineage }]) => [partition, lineage.leaderEpoch]),
  );
  const starts = await askEnds(
    log,
    [...ends].flatMap(([partition, { leaderEpoch }]) => (leaderEpoch > 0 ? [[partition, leaderEpoch - 1]] : [])),
  );
  const found = new Map<number, Continuation>();
  const find = async (partition: number, position: StoredOffset): Promise<void> => {
    const range = ranges.get(partition);
    const end = ends.get(partition);
    if (range === undefined) return;
    if (position.lineage.leaderEpoch < 0) found.set(partition, byRange(position, range));
    // No epoch of the log is as late as the stored one.
    else if (end !== undefined && end.leaderEpoch < 0)
      found.set(partition, { position: unknownAt(range.start, position), sure: false });
    else if (end !== undefined) {
      const start = end.leaderEpoch === 0 ? 0 : (starts.get(partition)?.end ?? -1);
      if (start >= 0) found.set(partition, await byEpoch(log, partition, position, end, start));
    }
  };
  // All at once: each may fetch a record, and a fetch may wait behind another of its connection.
  await Promise.all([...stored].map(([partition, position]) => find(partition, position)));
  return found;
}

function byRange(position: StoredOffset, { start, end }: LogRange): Continuation {
  return position.offset > end ? { position: unknownAt(start, position), sure: false } : { position, sure: true };
}

/**
 * `end` is the end of the stored epoch, or of the last one before it, in today's log; `start` is where that epoch
 * begins.
 */
async function byEpoch(
  log: Log,
  partition: number,
  stored: StoredOffset,
  end: EpochEnd,
  start: number,
): Promise<Continuation> {
  const { offset, lineage } = stored;
  if (end.leaderEpoch < lineage.leaderEpoch) {
    // Other messages stand where ours stood, in an epoch that goes on behind them: all of it is read again.
    const position = end.end < offset ? cutAt(end) : unknownAt(start, stored);
    return { position, sure: true };
  }
  const reused = end.end < offset ? end.newest : !(await hasLastRecord(log, partition, lineage));
  if (reused || (await beginsElsewhere(log, partition, lineage, start))) {
    const known = lineage.epochStart < 0 ? start : Math.min(start, lineage.epochStart);
    return { position: unknownAt(known, stored), sure: true };
  }
  return { position: end.end < offset ? cutAt(end) : stored, sure: true };
}

/**
 * Whether the epoch was given out twice: it begins at another offset. Retention and compaction move its beginning, too,
 * but leave nothing between the two.
 */
async function beginsElsewhere(log: Log, partition: number, { epochStart }: Lineage, start: number): Promise<boolean> {
  if (epochStart < 0 || start === epochStart) return false;
  const first = (await log.ranges([partition])).get(partition)?.start ?? 0;
  const from = Math.max(first, Math.min(start, epochStart));
  const to = Math.max(start, epochStart);
  if (from >= to) return false;
  const [fetched] = await log.peek(partition, from);
  return (fetched?.records[0]?.offset ?? fetched?.nextOffset ?? from) < to;
}

/**
 * False when another record is in its place. A place without a record, after retention or compaction, proves nothing.
 */
async function hasLastRecord(log: Log, partition: number, { lastOffset, lastCrc }: Lineage): Promise<boolean> {
  if (lastOffset < 0) return true;
  const fetched = await log.peek(partition, lastOffset);
  const record = fetched[0]?.records.find(({ offset }) => offset === lastOffset);
  return record === undefined || fingerprint(record) === lastCrc;
}

function cutAt({ leaderEpoch, end }: EpochEnd): StoredOffset {
  return { offset: end, lineage: { ...UNKNOWN_LINEAGE, leaderEpoch } };
}

function unknownAt(offset: number, stored: StoredOffset): StoredOffset {
  return { offset: Math.min(offset, stored.offset), lineage: UNKNOWN_LINEAGE };
}

async function askEnds(log: Log, epochs: Iterable<readonly [number, number]>): Promise<Map<number, EpochEnd>> {
  const asked = new Map(epochs);
  return asked.size === 0 ? new Map() : log.epochEnds(asked);
}

const EIGHT_BYTES = Buffer.alloc(8);

function fingerprint({ timestamp, key, value }: LogRecord): number {
  EIGHT_BYTES.writeDoubleLE(timestamp);
  return crc32(value ?? '', crc32(key ?? '', crc32(EIGHT_BYTES)));
}
