/**
 * Remembers the last ids it saw, `capacity` of them at least and twice as many at most. A letter that was written twice stands
 * close to its first copy, as both are of one consumer's batch, so this finds it in bounded memory.
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
