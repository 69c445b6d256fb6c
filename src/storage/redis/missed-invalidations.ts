/**
 * The uids whose invalidation Redis has not acknowledged yet. Bounded: past `limit` it forgets the uids and asks for
 * a sweep of the whole key space instead.
 */
export class MissedInvalidations {
  readonly #limit: number;
  readonly #rounds = new Map<string, number>();
  #round = 0;
  #sweeps = 0;
  #sweepsDone = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Notes the uids. True when that was one too many and everything must be swept. */
  add(uids: readonly string[]): boolean {
    this.#round++;
    for (const uid of uids) this.#rounds.set(uid, this.#round);
    if (this.#rounds.size <= this.#limit) return false;
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

  get sweepWanted(): boolean {
    return this.#sweeps !== this.#sweepsDone;
  }

  /** Asks for a sweep. */
  wantSweep(): void {
    this.#sweeps++;
  }

  /** The uids as they stand; hand the result to `delivered` once Redis acknowledged them. */
  take(): ReadonlyMap<string, number> {
    return new Map(this.#rounds);
  }

  /** Forgets what was taken, except the uids added again meanwhile: their later change may have been cached in between. */
  delivered(taken: ReadonlyMap<string, number>): void {
    for (const [uid, round] of taken) if (this.#rounds.get(uid) === round) this.#rounds.delete(uid);
  }

  /** Runs a sweep; it counts only for what was asked before it began. */
  async sweep(work: () => Promise<void>): Promise<void> {
    const from = this.#sweeps;
    await work();
    this.#sweepsDone = from;
  }
}
