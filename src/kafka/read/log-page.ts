import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { givingWay } from '../../lib/next-turn.ts';
import type { LogRange, LogRecord } from './order-log.ts';
import type { TopicSlice } from './topic-reader.ts';

/** A record reduced to what is to be kept of it. */
interface Picked<T> {
  /** What the page is ordered by, ms since the Unix epoch. */
  readonly at: number;
  readonly kept: T;
  /** What `kept` takes, about; 0 unless said otherwise. */
  readonly bytes?: number;
}

export interface LogPageOptions<T> {
  /** Which end to begin at. */
  readonly first: 'newest' | 'oldest';
  readonly limit: number;
  /** When to stop, by `performance.now()`; at least one block is read, so that the next call gets further. */
  readonly deadline: number;
  /**
   * What to keep of a record, without its buffers; undefined to skip it. Called in log order within a partition, block
   * by block.
   */
  readonly pick: (partition: number, record: LogRecord) => Picked<T> | undefined;
}

export interface LogPage<T> {
  readonly found: readonly T[];
  /** The deadline passed before the limit or the last record was reached. */
  readonly cut: boolean;
  /** What is left to read. */
  readonly rest: Map<number, LogRange>;
  /** Offsets passed. */
  readonly passed: number;
}

interface Found<T> extends Picked<T> {
  readonly offset: number;
}

interface Lane<T> {
  readonly partition: number;
  /** Not read yet. */
  start: number;
  end: number;
  /** Offsets to read next. */
  block: number;
  passed: number;
  /** In the page's order. */
  found: Found<T>[];
  /** The last block held more than may be kept: the rest is left to the next page. */
  full: boolean;
}

/** Most bytes of a page, or one record of each partition: a page of long values is short. */
const MAX_FOUND_BYTES = 8_388_608;
const FIRST_BLOCK = 64;
const MAX_BLOCK = 4_096;
/** A block that takes less is doubled, one that takes longer than twice this is halved. */
const BLOCK_MS = 150;

/**
 * Reads the ranges in blocks from one end. The newest (or oldest) records of all partitions come first. The page ends
 * early when the deadline passes or the records take some megabytes. Within a partition the log's order counts, not the
 * timestamps.
 */
export async function readLogPage<T>(
  topic: { read(ranges: ReadonlyMap<number, LogRange>): AsyncIterable<TopicSlice> },
  ranges: ReadonlyMap<number, LogRange>,
  options: LogPageOptions<T>,
): Promise<LogPage<T>> {
  const lanes = [...ranges].map(
    ([partition, { start, end }]): Lane<T> => ({
      partition,
      start,
      end,
      block: FIRST_BLOCK,
      passed: 0,
      found: [],
      full: false,
    }),
  );
  const newest = options.first === 'newest';
  const found: T[] = [];
  let [blocks, cut] = [0, false];
  while (found.length < options.limit) {
    const empty = leastRead(lanes.filter((lane) => lane.found.length === 0 && lane.start < lane.end));
    if (empty?.full === true) break;
    if (empty !== undefined && !cut) {
      cut = blocks > 0 && performance.now() > options.deadline;
      if (!cut) {
        await readBlock(topic, empty, options, MAX_FOUND_BYTES / lanes.length);
        blocks += 1;
      }
      continue;
    }
    const next = foremost(lanes, newest)?.found.shift();
    if (next === undefined) break;
    found.push(next.kept);
  }
  const rest = new Map(lanes.map((lane) => [lane.partition, restOf(lane, newest)]));
  return { found, cut, rest, passed: lanes.reduce((sum, { passed }) => sum + passed, 0) };
}

/** What was read and not given is read again for the next page. */
function restOf<T>({ start, end, found }: Lane<T>, newest: boolean): LogRange {
  const [next] = found;
  if (next === undefined) return { start, end };
  return newest ? { start, end: next.offset + 1 } : { start: next.offset, end };
}

/** Partitions take turns, so that a deadline finds all of them read about equally far. */
function leastRead<T>(lanes: readonly Lane<T>[]): Lane<T> | undefined {
  return lanes.reduce<Lane<T> | undefined>(
    (least, lane) => (least === undefined || lane.passed < least.passed ? lane : least),
    undefined,
  );
}

function foremost<T>(lanes: readonly Lane<T>[], newest: boolean): Lane<T> | undefined {
  let best: Lane<T> | undefined;
  for (const lane of lanes) {
    const at = lane.found[0]?.at;
    const bestAt = best?.found[0]?.at;
    if (at !== undefined && (bestAt === undefined || (newest ? at > bestAt : at < bestAt))) best = lane;
  }
  return best;
}

async function readBlock<T>(
  topic: { read(ranges: ReadonlyMap<number, LogRange>): AsyncIterable<TopicSlice> },
  lane: Lane<T>,
  { first, limit, pick }: LogPageOptions<T>,
  maxBytes: number,
): Promise<void> {
  const newest = first === 'newest';
  const start = newest ? Math.max(lane.start, lane.end - lane.block) : lane.start;
  const end = newest ? lane.end : Math.min(lane.end, lane.start + lane.block);
  const began = performance.now();
  const breathe = givingWay();
  const found: Found<T>[] = [];
  let [bytes, dropped]: [number, Found<T> | undefined] = [0, undefined];
  reading: for await (const { records } of topic.read(new Map([[lane.partition, { start, end }]]))) {
    for (const record of records) {
      const wait = breathe();
      if (wait !== undefined) await wait;
      const picked = pick(lane.partition, record);
      if (picked === undefined) continue;
      found.push({ ...picked, offset: record.offset });
      bytes += picked.bytes ?? 0;
      while (found.length > 1 && (found.length > limit || bytes > maxBytes)) {
        dropped = newest ? found.shift() : found.pop();
        bytes -= dropped?.bytes ?? 0;
        if (!newest) break reading;
      }
    }
  }
  const tookMs = performance.now() - began;
  if (tookMs < BLOCK_MS) lane.block = Math.min(MAX_BLOCK, lane.block * 2);
  else if (tookMs > 2 * BLOCK_MS) lane.block = Math.max(1, lane.block >> 1);
  lane.full = dropped !== undefined;
  const [from, to] = newest ? [dropped ? dropped.offset + 1 : start, end] : [start, dropped?.offset ?? end];
  lane.passed += to - from;
  if (newest) lane.end = from;
  else lane.start = to;
  lane.found = newest ? found.reverse() : found;
}

/** What is still to read of a topic. */
export interface Cursor {
  readonly topicId: string;
  readonly ranges: ReadonlyMap<number, LogRange>;
}

/** As URL-safe text; undefined when nothing is left to read. */
export function encodeCursor({ topicId, ranges }: Cursor): string | undefined {
  const left = [...ranges].filter(([, { start, end }]) => start < end);
  if (left.length === 0) return undefined;
  const parts = left.map(([partition, { start, end }]) => [partition, start, end]);
  return Buffer.from(JSON.stringify([topicId, parts])).toString('base64url');
}

/** Parses a cursor; undefined if the text is not one. It comes from outside, so nothing about it is trusted. */
export function decodeCursor(text: string): Cursor | undefined {
  try {
    const decoded = parseBoundedJson(Buffer.from(text, 'base64url'));
    if (!Array.isArray(decoded)) return undefined;
    const [topicId, parts]: unknown[] = decoded;
    if (typeof topicId !== 'string' || !Array.isArray(parts) || !parts.every(isPart)) return undefined;
    return { topicId, ranges: new Map(parts.map(([partition, start, end]) => [partition, { start, end }])) };
  } catch {
    return undefined;
  }
}

/** The cursor's ranges as far as the topic still has them. */
export function clamp(
  cursor: ReadonlyMap<number, LogRange>,
  now: ReadonlyMap<number, LogRange>,
): Map<number, LogRange> {
  const ranges = new Map<number, LogRange>();
  for (const [partition, { start, end }] of cursor) {
    const there = now.get(partition);
    if (there === undefined) continue;
    const range = { start: Math.max(start, there.start), end: Math.min(end, there.end) };
    if (range.start < range.end) ranges.set(partition, range);
  }
  return ranges;
}

function isPart(value: unknown): value is [number, number, number] {
  return Array.isArray(value) && value.length === 3 && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}
