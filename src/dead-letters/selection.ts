import type { LogRange } from '../kafka/read/order-log.ts';
import { type LetterFilter, matches } from './filter.ts';
import { type DeadLetter, formatPosition, type Position } from './letter.ts';
import type { ReadableTopic } from './ports.ts';
import { readLetter, scanLetters } from './scan.ts';

/** Which letters are meant: these, or all that the filter lets through. */
export type Selection = { readonly positions: readonly Position[] } | { readonly filter: LetterFilter };

/** Letters looked up by position that are handed on together. */
const GROUP_LETTERS = 100;
const GROUP_BYTES = 1_000_000;

/** Letters selected, and how far the reading is. */
export interface Selected {
  readonly letters: readonly DeadLetter[];
  /** Positions where there is no letter. */
  readonly missing: readonly string[];
  /** Offsets, or positions, done since the last one. */
  readonly passed: number;
}

/** How much there is to pass. */
export function totalOf(selection: Selection, ranges: ReadonlyMap<number, LogRange>): number {
  if ('positions' in selection) return selection.positions.length;
  return [...ranges.values()].reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0);
}

/**
 * The letters selected, some at a time, in bounded memory. `left` is kept up to date with what is still to read after them; positions
 * are looked up whatever the ranges are.
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
  for await (const { partition, letters, nextOffset, passed } of scanLetters(topic, new Map(left))) {
    const end = left.get(partition)?.end ?? nextOffset;
    left.set(partition, { start: nextOffset, end });
    yield { letters: letters.filter((letter) => matches(selection.filter, letter)), missing: [], passed };
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
