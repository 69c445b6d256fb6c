import { type Schedule, steady } from './schedule.ts';

export interface PacerOptions {
  /** Messages per second, above 0, or how they are spread over time. */
  readonly rate: number | Schedule;
  /** A steady clock, ms. */
  readonly clock: () => number;
}

/** Below this a wait is not worth a timer: what falls due meanwhile goes as one batch. */
const MIN_WAIT_MS = 2;
/** A message due at this very instant must not be missed for the last bit of a division. */
const ROUNDING = 1e-6;

/**
 * An open-loop schedule: message k is due when the schedule says, at k / rate after the start when it is steady, whatever became
 * of those before. Nothing is added up from one pause to the next, so there is no drift, and what was missed while the caller was
 * busy is due at once.
 */
export class Pacer {
  readonly #clock: () => number;
  #schedule: Schedule;
  #startedAt: number;
  #taken = 0;

  constructor(options: PacerOptions) {
    this.#clock = options.clock;
    this.#schedule = toSchedule(options.rate);
    this.#startedAt = options.clock();
  }

  /** Messages per second now. */
  get rate(): number {
    return this.#schedule.rateAt(this.#elapsed());
  }

  /** Goes on at another rate, or by another schedule that starts now. What is overdue stays so. */
  setRate(rate: number | Schedule): void {
    this.#taken = 1 - this.due();
    this.#startedAt = this.#clock();
    this.#schedule = toSchedule(rate);
  }

  /** How many messages are due and not taken. */
  due(): number {
    const due = Math.floor(this.#schedule.dueBy(this.#elapsed()) + ROUNDING) + 1;
    return Math.max(0, due - this.#taken);
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

  #elapsed(): number {
    return this.#clock() - this.#startedAt;
  }

  #dueAt(): number {
    return this.#startedAt + this.#schedule.timeOf(this.#taken);
  }
}

function toSchedule(rate: number | Schedule): Schedule {
  return typeof rate === 'number' ? steady(rate) : rate;
}
