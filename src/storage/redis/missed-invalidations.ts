/**
 * The uids whose invalidation Redis has not acknowledged yet. Past `limit` it forgets the uids and wants a sweep of all
 * keys instead.
 */
export class MissedInvalidations {
  readonly #limit: number;
  readonly #rounds = new Map<string, number>();
  #round = 0;
  #sweeps = 0;
  #sweepsDone = 0;
  /** Uids that a sweep is wanted for, at least: how many they were when they were too many. */
  #swept = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds the uids. True when the limit is exceeded and everything must be swept. */
  add(uids: readonly string[]): boolean {
    this.#round++;
    for (const uid of uids) this.#rounds.set(uid, this.#round);
    if (this.#rounds.size <= this.#limit) return false;
    this.#swept = Math.max(this.#swept, this.#rounds.size);
    this.#rounds.clear();
    this.#sweeps++;
    return true;
  }

  has(uid: string): boolean {
    return this.#rounds.has(uid);
  }

  get size(): number {
    return this.#rounds.size;
  }

  /** How many orders are concerned, at least: past the limit not all of them are known. */
  get least(): number {
    return Math.max(this.#swept, this.#rounds.size);
  }

  get sweepWanted(): boolean {
    return this.#sweeps !== this.#sweepsDone;
  }

  /** Asks for a sweep. */
  wantSweep(): void {
    this.#sweeps++;
  }

  /** The uids now; pass the result to `delivered` once Redis has acknowledged them. */
  take(): ReadonlyMap<string, number> {
    return new Map(this.#rounds);
  }

  /** Removes what was taken, except uids that were added again: an older value may have been cached in between. */
  delivered(taken: ReadonlyMap<string, number>): void {
    for (const [uid, round] of taken) if (this.#rounds.get(uid) === round) this.#rounds.delete(uid);
  }

  /** Runs a sweep; it answers only requests from before it began. */
  async sweep(work: () => Promise<void>): Promise<void> {
    const from = this.#sweeps;
    await work();
    this.#sweepsDone = from;
    if (!this.sweepWanted) this.#swept = 0;
  }
}
