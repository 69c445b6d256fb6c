/**
 * When requests are due: evenly at a rate, whatever becomes of the answers (an open loop). One that is taken late is
 * still due when it was due, so a stall is charged to every request that it delays. Instants are ms of any steady clock.
 */
export class Arrivals {
  #everyMs: number;
  #next: number;

  /** The first is due at `from`; `rate` per second, above 0. */
  constructor(rate: number, from: number) {
    this.#everyMs = 1000 / rate;
    this.#next = from;
  }

  /** When the next one is due. */
  get next(): number {
    return this.#next;
  }

  /** Counts from the next one on. */
  setRate(rate: number, now: number): void {
    const everyMs = 1000 / rate;
    // What was to come in an hour must not keep a faster rate waiting.
    if (this.#next > now) this.#next = Math.min(this.#next, now + everyMs);
    this.#everyMs = everyMs;
  }

  /** Takes the next one; when it was due. */
  take(): number {
    const due = this.#next;
    this.#next += this.#everyMs;
    return due;
  }

  /** Takes all that were due before `instant`; how many. */
  takeBefore(instant: number): number {
    if (this.#next >= instant) return 0;
    const count = Math.ceil((instant - this.#next) / this.#everyMs);
    this.#next += count * this.#everyMs;
    return count;
  }
}
