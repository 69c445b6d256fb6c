import type { LogRange } from '../kafka/order-log.ts';
import type { DeadLetter } from './letter.ts';
import { parseLetter } from './letter.ts';
import type { ReadableTopic } from './ports.ts';

/** A letter reduced to what is to be kept of it. */
interface Found<T> {
  readonly offset: number;
  readonly at: number;
  readonly kept: T;
}

interface Lane<T> {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
  /** Not read yet: below this. */
  upper: number;
  /** Offsets to read next. */
  block: number;
  /** Newest first. */
  found: Found<T>[];
}

const FIRST_BLOCK = 64;
const MAX_BLOCK = 4_096;
/** A block that takes less is doubled, one that takes longer than twice this is halved. */
const BLOCK_MS = 150;

export interface NewestOptions<T> {
  readonly limit: number;
  /** When to stop looking, by `performance.now()`; one block is read in any case, so that the next call gets further. */
  readonly deadline: number;
  readonly wanted: (letter: DeadLetter) => boolean;
  /** What to keep of a letter; not its buffers. */
  readonly keep: (letter: DeadLetter) => T;
}

export interface NewestPage<T> {
  readonly letters: readonly T[];
  /** The deadline came before the limit or the log's start. */
  readonly cut: boolean;
  /** What is left to read. */
  readonly rest: Map<number, LogRange>;
  /** Offsets passed. */
  readonly passed: number;
}

/**
 * Reads backwards, in blocks, from the ends of the ranges. The newest letters of all partitions come first; once the deadline has
 * passed, what was found is given as it is. A letter that was written twice comes once in a page.
 */
export async function readNewest<T>(
  topic: ReadableTopic,
  ranges: ReadonlyMap<number, LogRange>,
  options: NewestOptions<T>,
): Promise<NewestPage<T>> {
  const lanes = [...ranges].map(
    ([partition, { start, end }]): Lane<T> => ({
      partition,
      start,
      end,
      upper: end,
      block: FIRST_BLOCK,
      found: [],
    }),
  );
  const seen = new Set<string>();
  const letters: T[] = [];
  let [passed, blocks, cut] = [0, 0, false];
  while (letters.length < options.limit) {
    const empty = leastRead(lanes.filter((lane) => lane.found.length === 0 && lane.upper > lane.start));
    if (empty !== undefined && !cut) {
      cut = blocks > 0 && performance.now() > options.deadline;
      if (!cut) {
        passed += await readBlock(topic, empty, seen, options);
        blocks += 1;
      }
      continue;
    }
    const newest = lanes.reduce<Lane<T> | undefined>(
      (best, lane) => ((lane.found[0]?.at ?? -1) > (best?.found[0]?.at ?? -1) ? lane : best),
      undefined,
    );
    const next = newest?.found.shift();
    if (newest === undefined || next === undefined) break;
    letters.push(next.kept);
  }
  const rest = new Map(
    lanes.map(({ partition, start, upper, found }) => [
      partition,
      { start, end: found[0] === undefined ? upper : found[0].offset + 1 },
    ]),
  );
  return { letters, cut, rest, passed };
}

/** Turn by turn, so that a deadline finds all partitions read about equally far. */
function leastRead<T>(lanes: readonly Lane<T>[]): Lane<T> | undefined {
  return lanes.reduce<Lane<T> | undefined>(
    (least, lane) => (least === undefined || lane.end - lane.upper < least.end - least.upper ? lane : least),
    undefined,
  );
}

async function readBlock<T>(
  topic: ReadableTopic,
  lane: Lane<T>,
  seen: Set<string>,
  { wanted, keep }: NewestOptions<T>,
): Promise<number> {
  const from = Math.max(lane.start, lane.upper - lane.block);
  const began = performance.now();
  const found: Found<T>[] = [];
  for await (const { records } of topic.read(new Map([[lane.partition, { start: from, end: lane.upper }]]))) {
    for (const record of records) {
      const letter = parseLetter(topic.topicId, lane.partition, record);
      if (!wanted(letter) || seen.has(letter.id)) continue;
      seen.add(letter.id);
      found.push({ offset: letter.offset, at: letter.at, kept: keep(letter) });
    }
  }
  const tookMs = performance.now() - began;
  if (tookMs < BLOCK_MS) lane.block = Math.min(MAX_BLOCK, lane.block * 2);
  else if (tookMs > 2 * BLOCK_MS) lane.block = Math.max(1, lane.block >> 1);
  const passed = lane.upper - from;
  lane.upper = from;
  lane.found = found.reverse();
  return passed;
}
