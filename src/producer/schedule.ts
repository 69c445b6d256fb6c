import type { LoadProfile } from '../contract/generator.ts';
/** How many messages are due when. All instants are ms since the schedule's start. */
export interface Schedule {
  /** Messages due by then, as a real number: at 0 it is 0. */
  dueBy(elapsedMs: number): number;
  /** When that many are due, the inverse of dueBy; below 0 for what was due before the start. */
  timeOf(count: number): number;
  /** Messages per second at that instant. */
  rateAt(elapsedMs: number): number;
}

export const STEADY: LoadProfile = { kind: 'steady' };

/** The schedule of a profile around `rate`, messages per second, above 0. */
export function scheduleOf(profile: LoadProfile, rate: number): Schedule {
  switch (profile.kind) {
    case 'steady':
      return steady(rate);
    case 'burst':
      return burst(profile, rate);
    case 'ramp':
      return ramp(profile, rate);
  }
}

/** Always `rate` messages per second. */
function steady(rate: number): Schedule {
  return {
    dueBy: (elapsedMs) => (elapsedMs * rate) / 1000,
    timeOf: (count) => (count * 1000) / rate,
    rateAt: () => rate,
  };
}

function burst({ burstRate, forMs, everyMs }: Extract<LoadProfile, { kind: 'burst' }>, rate: number): Schedule {
  const inBurst = (burstRate * forMs) / 1000;
  const inPeriod = inBurst + (rate * (everyMs - forMs)) / 1000;
  return {
    dueBy: (elapsedMs) => {
      const periods = Math.floor(elapsedMs / everyMs);
      const rest = elapsedMs - periods * everyMs;
      const due = rest <= forMs ? (burstRate * rest) / 1000 : inBurst + (rate * (rest - forMs)) / 1000;
      return periods * inPeriod + due;
    },
    timeOf: (count) => {
      if (count < 0) return (count * 1000) / burstRate;
      const periods = Math.floor(count / inPeriod);
      const rest = count - periods * inPeriod;
      const within = rest <= inBurst ? (rest * 1000) / burstRate : forMs + ((rest - inBurst) * 1000) / rate;
      return periods * everyMs + within;
    },
    rateAt: (elapsedMs) => (elapsedMs % everyMs < forMs ? burstRate : rate),
  };
}

function ramp({ toRate, overMs }: Extract<LoadProfile, { kind: 'ramp' }>, rate: number): Schedule {
  // In messages per ms, and how much that grows in each ms.
  const from = rate / 1000;
  const to = toRate / 1000;
  const slope = (to - from) / overMs;
  const inRamp = ((from + to) / 2) * overMs;
  return {
    dueBy: (elapsedMs) =>
      elapsedMs < overMs ? from * elapsedMs + (slope * elapsedMs ** 2) / 2 : inRamp + to * (elapsedMs - overMs),
    timeOf: (count) => {
      if (count < 0) return count / from;
      if (count >= inRamp) return overMs + (count - inRamp) / to;
      // The root of from·t + slope·t²/2 = count in the form that stays exact when the slope is next to nothing.
      return (2 * count) / (from + Math.sqrt(from ** 2 + 2 * slope * count));
    },
    rateAt: (elapsedMs) => (elapsedMs < overMs ? rate + (toRate - rate) * (elapsedMs / overMs) : toRate),
  };
}

export interface PacerOptions {
  /** Messages per second, above 0, or how they are spread over time. */
  readonly rate: number | Schedule;
  /** A steady clock, ms. */
  readonly clock: () => number;
}

/** A shorter wait is not worth a timer: what falls due meanwhile goes as one batch. */
const MIN_WAIT_MS = 2;
/** A message due right now must not be missed because of rounding in a division. */
const ROUNDING = 1e-6;

/**
 * An open-loop schedule: message k is due when the schedule says (k / rate after the start when it is steady), whatever
 * happened to those before. Pauses do not add up, so there is no drift, and what was missed while the caller was busy
 * is due at once.
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

  /** Continues at another rate, or by another schedule that starts now. Overdue messages stay overdue. */
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

  /** How long the oldest message not yet taken has been due, ms. */
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
