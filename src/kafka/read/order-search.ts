import type { Position } from '../../contract/letter.ts';
import { givingWay } from '../../lib/next-turn.ts';
import { likelyPartitions } from '../send/partitioner.ts';
import type { LogRange, LogRecord } from './order-log.ts';
import { recordAt, type TopicReader } from './topic-reader.ts';

/** Whose messages to look for, and where. */
export interface OrderSearch {
  readonly orderUid: string;
  /** Where one of them stands, as far as the log still has it. */
  readonly near: Position | undefined;
  /** When the order was made, ms since the Unix epoch: before that none is expected. */
  readonly since: number | undefined;
  /** Search all of all partitions, as far as the time allows. */
  readonly thorough: boolean;
  /** About how many to find at most. */
  readonly limit: number;
}

export interface OrderSearchOptions<T extends Position> {
  /** When to stop, by `performance.now()`; at least one block is read. */
  readonly deadline: number;
  /** What to keep of a record, without its buffers, and how many bytes that takes. */
  readonly keep: (partition: number, record: LogRecord) => { readonly kept: T; readonly bytes: number };
}

/** What was searched of a partition, `from` inclusive to `to` exclusive, and what the log has. */
export interface SearchedRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly log: LogRange;
}

export interface OrderMessages<T extends Position> {
  /** By partition and offset. */
  readonly found: readonly T[];
  /** The key they have; null when the message at `near` has none. */
  readonly key: Buffer | null;
  readonly searched: readonly SearchedRange[];
  /** Why the search ended before it had looked at everything it was to; undefined when it did not. */
  readonly stopped: 'time' | 'limit' | undefined;
  /** Number of the topic's partitions. */
  readonly partitions: number;
}

/** The clock of an order's sender may be so far ahead of Kafka's. */
const CLOCK_ALLOWANCE_MS = 60 * 60_000;
/** So many offsets before `near` are searched, whatever the clocks say. */
const LEAST_BEHIND = 10_000;

/**
 * Looks for an order's messages in a topic that may be far too long to be read. Kafka has no index by key, so the search
 * begins where one of them stands and goes both ways, in blocks that take turns, until the time is up: back to when the
 * order was made, and on to the end. Without that place it goes back from the ends of the partitions that Kafka's
 * clients choose for the key. What was searched of a partition is one stretch.
 *
 * The key is that of the message at `near`, or else the order_uid. Other orders may have another key, or none, too; then
 * the messages with it that contain the order_uid are found.
 * @throws AppError as TopicReader
 */
export async function searchOrder<T extends Position>(
  topic: Pick<TopicReader, 'read' | 'ranges' | 'offsetsAt'>,
  search: OrderSearch,
  { deadline, keep }: OrderSearchOptions<T>,
): Promise<OrderMessages<T>> {
  const { since, thorough, limit } = search;
  const uid = Buffer.from(search.orderUid);
  const logs = await topic.ranges();
  const there = search.near && (await recordAt(topic, logs, search.near));
  const isOurs = there?.value?.includes(uid) === true;
  // A log that begins later has the later messages; one that was made anew has another message there.
  const near = isOurs || there === undefined ? search.near : undefined;
  const key = isOurs ? there.key && Buffer.from(there.key) : uid;
  const isPlain = key?.equals(uid) === true;
  const starts = near && since !== undefined ? await topic.offsetsAt(since - CLOCK_ALLOWANCE_MS) : undefined;
  const behind = near === undefined ? 0 : near.offset - LEAST_BEHIND;
  const stages = stagesOf(logs, {
    near,
    floor: Math.min(behind, starts?.get(near?.partition ?? -1) ?? behind),
    likely: key === null ? new Set(logs.keys()) : likelyPartitions(key, logs.size),
    thorough,
  });
  const searched = new Map<number, SearchedRange>();
  const found: T[] = [];
  let [bytes, blocks] = [0, 0];
  let stopped: OrderMessages<T>['stopped'];
  for (const stage of stages) {
    for (const lane of stage) note(searched, logs, lane, { start: lane.at, end: lane.at });
    for (let lane = leastPassed(stage); lane !== undefined; lane = leastPassed(stage)) {
      if (found.length >= limit || bytes > MAX_FOUND_BYTES) stopped = 'limit';
      else if (blocks > 0 && performance.now() > deadline) stopped = 'time';
      if (stopped !== undefined) break;
      const range = await readBlock(topic, lane, (record) => {
        const sameKey = key === null ? record.key === null : record.key?.equals(key) === true;
        if (!sameKey || !(isPlain || record.value?.includes(uid) === true)) return;
        const kept = keep(lane.partition, record);
        found.push(kept.kept);
        bytes += kept.bytes;
      });
      note(searched, logs, lane, range);
      blocks += 1;
    }
    if (stopped !== undefined) break;
  }
  return {
    found: found.sort((a, b) => a.partition - b.partition || a.offset - b.offset),
    key,
    searched: [...searched.values()],
    stopped,
    partitions: logs.size,
  };
}

/** One direction in one partition: from `at` to `end`, which is below it when it goes back. */
interface Lane {
  readonly partition: number;
  readonly end: number;
  at: number;
  block: number;
  passed: number;
}

const MAX_FOUND_BYTES = 8_388_608;
const FIRST_BLOCK = 512;
const MAX_BLOCK = 65_536;
/** A block that takes less is doubled, one that takes longer than twice this is halved. */
const BLOCK_MS = 100;

interface Ways {
  readonly near: Position | undefined;
  /** What is before this offset, in the partition of `near`, comes last. */
  readonly floor: number;
  readonly likely: ReadonlySet<number>;
  readonly thorough: boolean;
}

/** What to search first, and what once that is done. */
function stagesOf(logs: ReadonlyMap<number, LogRange>, { near, floor, likely, thorough }: Ways): Lane[][] {
  const lane = (partition: number, at: number, end: number): Lane => {
    return { partition, at, end, block: FIRST_BLOCK, passed: 0 };
  };
  const back = (wanted: boolean): Lane[] =>
    [...logs].flatMap(([partition, { start, end }]) =>
      partition !== near?.partition && likely.has(partition) === wanted ? [lane(partition, end, start)] : [],
    );
  const log = near && logs.get(near.partition);
  if (near === undefined || log === undefined) return thorough ? [back(true), back(false)] : [back(true)];
  const at = Math.min(Math.max(near.offset, log.start), log.end);
  const until = Math.min(Math.max(floor, log.start), at);
  const around = [lane(near.partition, at, log.end), lane(near.partition, at, until)];
  return thorough ? [around, [lane(near.partition, until, log.start)], back(true), back(false)] : [around];
}

/** The lane that goes on: they take turns, so that the deadline finds all about equally far. */
function leastPassed(lanes: readonly Lane[]): Lane | undefined {
  return lanes
    .filter(({ at, end }) => at !== end)
    .reduce<Lane | undefined>((least, lane) => (least && least.passed <= lane.passed ? least : lane), undefined);
}

async function readBlock(
  topic: Pick<TopicReader, 'read'>,
  lane: Lane,
  take: (record: LogRecord) => void,
): Promise<LogRange> {
  const { partition, at, end, block } = lane;
  const range =
    end < at ? { start: Math.max(end, at - block), end: at } : { start: at, end: Math.min(end, at + block) };
  const began = performance.now();
  const breathe = givingWay();
  for await (const { records } of topic.read(new Map([[partition, range]]))) {
    for (const record of records) {
      const wait = breathe();
      if (wait !== undefined) await wait;
      take(record);
    }
  }
  const tookMs = performance.now() - began;
  if (tookMs < BLOCK_MS) lane.block = Math.min(MAX_BLOCK, block * 2);
  else if (tookMs > 2 * BLOCK_MS) lane.block = Math.max(FIRST_BLOCK, block >> 1);
  lane.passed += range.end - range.start;
  lane.at = end < at ? range.start : range.end;
  return range;
}

/** Adds to what was searched of a partition. */
function note(
  searched: Map<number, SearchedRange>,
  logs: ReadonlyMap<number, LogRange>,
  { partition }: Lane,
  { start, end }: LogRange,
): void {
  const { from, to } = searched.get(partition) ?? { from: start, to: end };
  const log = logs.get(partition) ?? { start, end };
  searched.set(partition, { partition, from: Math.min(from, start), to: Math.max(to, end), log });
}
