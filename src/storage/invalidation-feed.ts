/**
 * Why cached orders were forgotten.
 * - `changed`: this process has stored a change of the order;
 * - `left_over`: another process has, and could not tell the cache itself;
 * - `awaited`: a request that waited for the order has seen it stored;
 * - `evicted`, `flushed`: somebody asked for it, for one order or for all;
 * - `redis`: Redis said that the key has changed or has ended its life, and this process kept the order;
 * - `redis_flushed`: Redis said that its whole database was emptied;
 * - `connection_lost`: without Redis nobody tells of changes, so nothing is kept in this process.
 */
export const INVALIDATION_REASONS = [
  'changed',
  'left_over',
  'awaited',
  'evicted',
  'flushed',
  'redis',
  'redis_flushed',
  'connection_lost',
] as const;

export type InvalidationReason = (typeof INVALIDATION_REASONS)[number];

/** The reasons somebody has to make the cache forget certain orders. */
export type InvalidationCause = Extract<InvalidationReason, 'changed' | 'left_over' | 'awaited' | 'evicted'>;

export interface Invalidation {
  /** Counts up from 1 since the process started; what nobody could have seen has a number, too. */
  readonly number: number;
  /** ms since the Unix epoch. */
  readonly at: number;
  readonly reason: InvalidationReason;
  /** Undefined: of any order. */
  readonly uid: string | undefined;
  /** Orders that this process itself kept and forgot with it. */
  readonly dropped: number;
}

/** Where to look on. */
export interface InvalidationSource {
  /** The last ones, oldest first. */
  recent(): readonly Invalidation[];
  /** Calls the listener from now on, until the function that is returned is called. */
  listen(listener: (invalidation: Invalidation) => void): () => void;
}

const KEPT = 100;

/** What a cache forgets, as it happens. While nobody listens, of many at once only the last are noted. */
export class InvalidationFeed implements InvalidationSource {
  readonly #recent: Invalidation[] = [];
  readonly #listeners = new Set<(invalidation: Invalidation) => void>();
  #number = 0;

  recent(): readonly Invalidation[] {
    return [...this.#recent];
  }

  listen(listener: (invalidation: Invalidation) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Notes one; `following`: how many more come at once. */
  note(reason: InvalidationReason, uid: string | undefined, dropped: number, following = 0): void {
    this.#number += 1;
    if (following >= KEPT && this.#listeners.size === 0) return;
    const invalidation = { number: this.#number, at: Date.now(), reason, uid, dropped };
    this.#recent.push(invalidation);
    if (this.#recent.length > KEPT) this.#recent.shift();
    for (const listener of this.#listeners) listener(invalidation);
  }
}
