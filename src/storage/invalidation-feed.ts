/**
 * Why cached orders were forgotten.
 * - `changed`: this process has stored a change of the order;
 * - `left_over`: another process has, but could not reach the cache;
 * - `awaited`: a request that waited for the order has seen it stored;
 * - `evicted`, `flushed`: somebody asked for it, for one order or for all;
 * - `redis`: Redis reported that the key has changed or expired, and L1 had the order;
 * - `redis_flushed`: Redis reported that its whole database was emptied;
 * - `connection_lost`: without Redis nobody reports changes, so L1 is emptied.
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

/** The reasons for which somebody invalidates certain orders. */
export type InvalidationCause = Extract<InvalidationReason, 'changed' | 'left_over' | 'awaited' | 'evicted'>;

export interface Invalidation {
  /** Counts from 1 since the process started, including those that were not recorded. */
  readonly number: number;
  /** ms since the Unix epoch. */
  readonly at: number;
  readonly reason: InvalidationReason;
  /** Undefined when it concerns all orders. */
  readonly uid: string | undefined;
  /** How many orders L1 dropped. */
  readonly dropped: number;
}

/** Invalidations as they happen. */
export interface InvalidationSource {
  /** The last ones, oldest first. */
  recent(): readonly Invalidation[];
  /** Calls the listener until the returned function is called. */
  listen(listener: (invalidation: Invalidation) => void): () => void;
}

const RECENT = 100;

/** The invalidations of a cache. While nobody listens, only the last of many simultaneous ones are recorded. */
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

  /** Records one; `following` is the number of further ones of the same call. */
  note(reason: InvalidationReason, uid: string | undefined, dropped: number, following = 0): void {
    this.#number += 1;
    if (following >= RECENT && this.#listeners.size === 0) return;
    const invalidation = { number: this.#number, at: Date.now(), reason, uid, dropped };
    this.#recent.push(invalidation);
    if (this.#recent.length > RECENT) this.#recent.shift();
    for (const listener of this.#listeners) listener(invalidation);
  }
}
