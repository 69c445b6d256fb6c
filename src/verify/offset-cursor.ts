import type { Position } from '../contract/letter.ts';

/** The next entries of a partition from an offset on, in the order of offsets. */
export type Page<T extends Position> = (partition: number, from: number, limit: number) => T[];

const PAGE = 500;

interface Walk<T> {
  page: T[];
  at: number;
  /** Where the next page begins; undefined when there is none. */
  next: number | undefined;
}

/**
 * Walks through entries along with the log: partitions in any order, each by rising offsets. One page a partition is in
 * memory; a message without an entry costs a comparison.
 */
export class OffsetCursor<T extends Position> {
  readonly #page: Page<T>;
  readonly #onSkipped: (entry: T) => void;
  readonly #positions = new Map<number, Walk<T>>();

  /** `onSkipped`: told of entries that the log has no message for. */
  constructor(page: Page<T>, onSkipped: (entry: T) => void) {
    this.#page = page;
    this.#onSkipped = onSkipped;
  }

  /** Begins a partition at an offset; what lies below is nobody's. */
  open(partition: number, start: number): void {
    this.#positions.set(partition, { page: [], at: 0, next: start });
  }

  /** The entries of exactly this offset. */
  take(partition: number, offset: number): readonly T[] {
    const position = this.#positions.get(partition);
    if (position === undefined) return NONE;
    let taken: T[] | undefined;
    for (let entry = this.#peek(partition, position); entry; entry = this.#peek(partition, position)) {
      if (entry.offset > offset) break;
      position.at += 1;
      if (entry.offset < offset) this.#onSkipped(entry);
      else if (taken === undefined) taken = [entry];
      else taken.push(entry);
    }
    return taken ?? NONE;
  }

  /** Goes to an offset: what lies below and was not taken has no message. */
  skipTo(partition: number, offset: number): void {
    const position = this.#positions.get(partition);
    if (position === undefined) return;
    for (let entry = this.#peek(partition, position); entry; entry = this.#peek(partition, position)) {
      if (entry.offset >= offset) return;
      position.at += 1;
      this.#onSkipped(entry);
    }
  }

  #peek(partition: number, position: Walk<T>): T | undefined {
    const entry = position.page[position.at];
    if (entry !== undefined || position.next === undefined) return entry;
    let limit = PAGE;
    while (true) {
      const page = this.#page(partition, position.next, limit);
      const last = page.at(-1)?.offset;
      // A page may end amid the entries of one offset: those are left for the next page, unless they are all there is.
      const whole = page.length < limit ? page : page.filter((one) => one.offset !== last);
      if (whole.length === 0 && page.length === limit) {
        limit *= 2;
        continue;
      }
      position.page = whole;
      position.at = 0;
      position.next = page.length < limit ? undefined : last;
      return position.page[0];
    }
  }
}

const NONE: readonly never[] = [];
