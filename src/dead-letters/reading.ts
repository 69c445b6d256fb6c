import {
  type DeadLetter,
  formatPosition,
  type LetterFilter,
  type LetterReason,
  type LetterSummary,
  type Position,
} from '../contract/letter.ts';
import type { RedriveRecord, Selection } from '../contract/redrive.ts';
import { readLogPage } from '../kafka/read/log-page.ts';
import type { LogRange } from '../kafka/read/order-log.ts';
import { recordAt, type TopicReader } from '../kafka/read/topic-reader.ts';
import { parseLetter, summaryOf } from './letter.ts';

/** A topic that is read without a group. */
export type ReadableTopic = Pick<TopicReader, 'topicId' | 'ranges' | 'offsetsAt' | 'read' | 'close'>;

export type OpenTopic = (topic: string) => Promise<ReadableTopic>;

/** Opens a topic for some work, and closes it again. @throws what opening and the work throw */
export async function withTopic<T>(
  openTopic: OpenTopic,
  name: string,
  work: (topic: ReadableTopic) => Promise<T>,
): Promise<T> {
  const topic = await openTopic(name);
  try {
    return await work(topic);
  } finally {
    await topic.close();
  }
}

/** The letter at the position, or undefined when there is none. `ranges` are the topic's. */
export async function readLetter(
  topic: ReadableTopic,
  ranges: ReadonlyMap<number, LogRange>,
  position: Position,
): Promise<DeadLetter | undefined> {
  const found = await recordAt(topic, ranges, position);
  return found && parseLetter(topic.topicId, position.partition, found);
}

export function matches(filter: LetterFilter, letter: DeadLetter): boolean {
  const { reasons, since, until, key } = filter;
  if (reasons !== undefined && reasons.length > 0 && !reasons.includes(letter.reason)) return false;
  if (since !== undefined && letter.at < since) return false;
  if (until !== undefined && letter.at >= until) return false;
  return key === undefined || letter.key?.equals(Buffer.from(key)) === true;
}

/** A letter's record may be a little older than its `dl-at` where the clocks of consumer and broker differ. */
const CLOCK_SLACK_MS = 60_000;

/** The ranges with the letters since an instant (ms since the Unix epoch), and few others: Kafka finds the starts. */
export async function lettersSince(topic: ReadableTopic, at: number): Promise<Map<number, LogRange>> {
  const starts = await topic.offsetsAt(at - CLOCK_SLACK_MS);
  return new Map(
    [...(await topic.ranges())].map(([partition, { start, end }]) => [
      partition,
      { start: Math.max(start, starts.get(partition) ?? end), end },
    ]),
  );
}

export interface NewestOptions<T> {
  readonly limit: number;
  /** When to stop looking, by `performance.now()`. One block is always read, so that the next call gets further. */
  readonly deadline: number;
  readonly wanted: (letter: DeadLetter) => boolean;
  /** What to keep of a letter; not its buffers. */
  readonly keep: (letter: DeadLetter) => T;
  /** Roughly how many bytes that takes; some small number by default. */
  readonly bytes?: (letter: DeadLetter) => number;
}

export interface NewestPage<T> {
  readonly letters: readonly T[];
  /** The deadline came before the limit or the log's start. */
  readonly cut: boolean;
  /** What is left to read. */
  readonly rest: Map<number, LogRange>;
}

/** The newest letters of all partitions come first. A letter that was written twice comes once in a page. */
export async function readNewest<T>(
  topic: ReadableTopic,
  ranges: ReadonlyMap<number, LogRange>,
  { limit, deadline, wanted, keep, bytes }: NewestOptions<T>,
): Promise<NewestPage<T>> {
  const seen = new Set<string>();
  const { found, cut, rest } = await readLogPage(topic, ranges, {
    first: 'newest',
    limit,
    deadline,
    pick: (partition, record) => {
      const letter = parseLetter(topic.topicId, partition, record);
      if (!wanted(letter) || seen.has(letter.id)) return undefined;
      seen.add(letter.id);
      return { at: letter.at, kept: keep(letter), ...(bytes && { bytes: bytes(letter) }) };
    },
  });
  return { letters: found, cut, rest };
}

/** Letters selected, and how far the reading is. */
export interface Selected {
  readonly letters: readonly DeadLetter[];
  /** Positions where there is no letter. */
  readonly missing: readonly string[];
  /** Offsets, or positions, done since the last one. */
  readonly passed: number;
}

/** Letters looked up by position that are handed on together. */
const GROUP_LETTERS = 100;
const GROUP_BYTES = 1_000_000;

/** How much there is to pass. */
export function totalOf(selection: Selection, ranges: ReadonlyMap<number, LogRange>): number {
  if ('positions' in selection) return selection.positions.length;
  return [...ranges.values()].reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0);
}

/**
 * The letters selected, some at a time, in bounded memory; one that was written twice comes once. `left` is kept up to
 * date with what is still to read after them; positions are looked up whatever the ranges are.
 */
export async function* select(
  topic: ReadableTopic,
  selection: Selection,
  left: Map<number, LogRange>,
): AsyncGenerator<Selected> {
  if ('positions' in selection) {
    left.clear();
    yield* lookUp(topic, selection.positions);
    return;
  }
  const seen = new RecentIds();
  for await (const { partition, records, nextOffset } of topic.read(new Map(left))) {
    const { start, end } = left.get(partition) ?? { start: nextOffset, end: nextOffset };
    left.set(partition, { start: nextOffset, end });
    const letters = records
      .map((record) => parseLetter(topic.topicId, partition, record))
      .filter((letter) => seen.add(letter.id) && matches(selection.filter, letter));
    yield { letters, missing: [], passed: nextOffset - start };
  }
}

async function* lookUp(topic: ReadableTopic, positions: readonly Position[]): AsyncGenerator<Selected> {
  const ranges = await topic.ranges();
  let [letters, missing, bytes]: [DeadLetter[], string[], number] = [[], [], 0];
  for (const position of positions) {
    const letter = await readLetter(topic, ranges, position);
    if (letter === undefined) missing.push(formatPosition(position));
    else letters.push(letter);
    bytes += letter?.value?.length ?? 0;
    const passed = letters.length + missing.length;
    if (passed < GROUP_LETTERS && bytes < GROUP_BYTES) continue;
    yield { letters, missing, passed };
    [letters, missing, bytes] = [[], [], 0];
  }
  const passed = letters.length + missing.length;
  if (passed > 0) yield { letters, missing, passed };
}

/**
 * Remembers the last ids it saw, `capacity` of them at least and twice as many at most. A letter that was written twice
 * stands close to its first copy, as both are of one consumer's batch, so this finds it in bounded memory.
 */
export class RecentIds {
  readonly #capacity: number;
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(capacity = 100_000) {
    this.#capacity = capacity;
  }

  /** True when the id was not seen lately; it is from now on. */
  add(id: string): boolean {
    if (this.#young.has(id)) return false;
    const known = this.#old.has(id);
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(id);
    return !known;
  }
}

/** Counts letters and keeps the newest ones, without their values, however many there are. */
export class LetterDigest {
  readonly #limit: number;
  readonly #counts = new Map<LetterReason, number>();
  #newest: LetterSummary[] = [];
  #total = 0;
  #redriven = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(letter: DeadLetter, redriven: RedriveRecord | undefined): void {
    this.#total += 1;
    if (redriven !== undefined) this.#redriven += 1;
    this.#counts.set(letter.reason, (this.#counts.get(letter.reason) ?? 0) + 1);
    this.#newest.push(summaryOf(letter, redriven));
    if (this.#newest.length > 2 * this.#limit + 100) this.#trim();
  }

  get total(): number {
    return this.#total;
  }

  get redriven(): number {
    return this.#redriven;
  }

  /** Letters by reason, the most frequent first. */
  counts(): [string, number][] {
    return [...this.#counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  }

  /** The newest letters, newest first. */
  newest(): readonly LetterSummary[] {
    this.#trim();
    return this.#newest;
  }

  #trim(): void {
    this.#newest.sort((a, b) => b.at - a.at || b.offset - a.offset);
    this.#newest.length = Math.min(this.#newest.length, this.#limit);
  }
}
