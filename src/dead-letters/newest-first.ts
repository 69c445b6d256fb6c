import { readLogPage } from '../kafka/read/log-page.ts';
import type { LogRange } from '../kafka/read/order-log.ts';
import type { DeadLetter } from './letter.ts';
import { parseLetter } from './letter.ts';
import type { ReadableTopic } from './ports.ts';

export interface NewestOptions<T> {
  readonly limit: number;
  /** When to stop looking, by `performance.now()`; one block is read in any case, so that the next call gets further. */
  readonly deadline: number;
  readonly wanted: (letter: DeadLetter) => boolean;
  /** What to keep of a letter; not its buffers. */
  readonly keep: (letter: DeadLetter) => T;
  /** What that takes, about; some small number unless said otherwise. */
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
