import type { LogRange } from '../kafka/read/order-log.ts';
import { recordAt } from '../kafka/read/record-at.ts';
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
  position: Position,
): Promise<DeadLetter | undefined> {
  const found = await recordAt(topic, ranges, position);
  return found && parseLetter(topic.topicId, position.partition, found);
}
