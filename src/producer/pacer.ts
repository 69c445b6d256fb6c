export interface PacerOptions {
  /** Messages per second, above 0. */
  readonly rate: number;
  /** A steady clock, ms. */
  readonly clock: () => number;
}

/** Below this a wait is not worth a timer: what falls due meanwhile goes as one batch. */
const MIN_WAIT_MS = 2;
/** A message due at this very instant must not be missed for the last bit of a division. */
const ROUNDING = 1e-6;

/**
 * An open-loop schedule: message k is due at k / rate after the start, whatever became of those before. Nothing is added up
 * from one pause to the next, so there is no drift, and what was missed while the caller was busy is due at once.
 */
export class Pacer {
  readonly #clock: () => number;
  #rate: number;
  #startedAt: number;
  #taken = 0;

  constructor(options: PacerOptions) {
    this.#clock = options.clock;
    this.#rate = options.rate;
    this.#startedAt = options.clock();
  }

  get rate(): number {
    return this.#rate;
  }

  /** Goes on at another rate from now. What is overdue stays so. */
  setRate(rate: number): void {
    const overdue = this.due();
    this.#startedAt = this.#clock() - ((overdue - 1) * 1000) / rate;
    this.#rate = rate;
    this.#taken = 0;
  }

  /** How many messages are due and not taken. */
  due(): number {
    const elapsed = this.#clock() - this.#startedAt;
    return Math.max(0, Math.floor((elapsed * this.#rate) / 1000 + ROUNDING) + 1 - this.#taken);
  }

  /** Takes `count` messages off the schedule. */
  take(count: number): void {
    this.#taken += count;
  }

  /** How long to wait until the next message is due, ms; 0 when one is. */
  waitMs(): number {
    const wait = this.#dueAt() - this.#clock();
    return wait <= 0 ? 0 : Math.max(MIN_WAIT_MS, wait);
  }

  /** For how long the oldest message that was not taken has been due, ms. */
  lateMs(): number {
    return Math.max(0, this.#clock() - this.#dueAt());
  }

  #dueAt(): number {
    return this.#startedAt + (this.#taken * 1000) / this.#rate;
  }
}
