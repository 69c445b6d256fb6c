import type { LogRange } from '../kafka/order-log.ts';
import { type DeadLetter, type Position, parseLetter } from './letter.ts';
import type { ReadableTopic } from './ports.ts';
import { RecentIds } from './recent-ids.ts';

/** Letters of one partition, in log order. */
export interface LetterSlice {
  readonly partition: number;
  readonly letters: readonly DeadLetter[];
  /** Where to read on. */
  readonly nextOffset: number;
  /** Offsets passed. */
  readonly passed: number;
}

/** Letters of the ranges, a slice at a time, in bounded memory. One that was written twice comes once. */
export async function* scanLetters(
  topic: ReadableTopic,
  ranges: ReadonlyMap<number, LogRange>,
): AsyncGenerator<LetterSlice> {
  const seen = new RecentIds();
  const positions = new Map([...ranges].map(([partition, { start }]) => [partition, start]));
  for await (const { partition, records, nextOffset } of topic.read(ranges)) {
    const letters = records.map((record) => parseLetter(topic.topicId, partition, record));
    const passed = nextOffset - (positions.get(partition) ?? nextOffset);
    positions.set(partition, nextOffset);
    yield { partition, letters: letters.filter((letter) => seen.add(letter.id)), nextOffset, passed };
  }
}

/** The letter at the position, or undefined when there is none. `ranges` are the topic's. */
export async function readLetter(
  topic: ReadableTopic,
  ranges: ReadonlyMap<number, LogRange>,
  { partition, offset }: Position,
): Promise<DeadLetter | undefined> {
  const range = ranges.get(partition);
  if (range === undefined || offset < range.start || offset >= range.end) return undefined;
  for await (const { records } of topic.read(new Map([[partition, { start: offset, end: offset + 1 }]]))) {
    const found = records.find((record) => record.offset === offset);
    if (found !== undefined) return parseLetter(topic.topicId, partition, found);
  }
  return undefined;
}
