import type { LoadProfile, Stage } from '../contract/generator.ts';

/** How many orders are due when. All instants are ms since the schedule's start. */
export interface Schedule {
  /** Orders due by then, as a real number: at 0 it is 0. */
  dueBy(elapsedMs: number): number;
  /**
   * When that many are due, the inverse of dueBy; below 0 for what was due before the start, infinite when there will
   * never be so many.
   */
  timeOf(count: number): number;
  /** Orders per second at that instant. */
  rateAt(elapsedMs: number): number;
}

/** What time it is for a producer, ms since its first run began, and when its orders are due. */
export interface Timeline {
  readonly nowMs: number;
  /** When the order is due that comes so many after the next one; below 0: of orders before it. */
  timeOf(ahead: number): number;
}

export const STEADY: LoadProfile = { kind: 'steady' };

/** The schedule of a profile around `rate`, orders per second, above 0. */
export function scheduleOf(profile: LoadProfile, rate: number): Schedule {
  switch (profile.kind) {
    case 'steady':
      return steady(rate);
    case 'burst':
      return burst(profile, rate);
    case 'ramp':
      return staged([profile], rate);
    case 'stages':
      return staged(profile.stages, rate);
  }
}

/** Always `rate` orders per second. */
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

/** Stages one after the other, each from the rate before it, in orders per ms. */
function staged(stages: readonly Stage[], rate: number): Schedule {
  let [ms, count, from] = [0, 0, rate / 1000];
  const parts = stages.map(({ toRate, overMs }) => {
    const to = toRate / 1000;
    const part = { ms, count, from, endMs: ms + overMs, end: count + ((from + to) / 2) * overMs, slope: 0 };
    if (overMs > 0) part.slope = (to - from) / overMs;
    [ms, count, from] = [part.endMs, part.end, to];
    return part;
  });
  const [endMs, end, last, first] = [ms, count, from, rate / 1000];
  const partAt = (elapsedMs: number) => parts.find((part) => elapsedMs < part.endMs);
  return {
    dueBy: (elapsedMs) => {
      const part = partAt(elapsedMs);
      if (part === undefined) return end + last * (elapsedMs - endMs);
      const within = elapsedMs - part.ms;
      return part.count + part.from * within + (part.slope * within ** 2) / 2;
    },
    timeOf: (due) => {
      if (due < 0) return due / first;
      const part = parts.find((one) => due < one.end);
      if (part === undefined) return due <= end ? endMs : endMs + (due - end) / last;
      const { from: at, slope } = part;
      const within = due - part.count;
      // The root of from·t + slope·t²/2 = within in the form that stays exact when the slope is next to nothing.
      return part.ms + (within <= 0 ? 0 : (2 * within) / (at + Math.sqrt(Math.max(0, at ** 2 + 2 * slope * within))));
    },
    rateAt: (elapsedMs) => {
      const part = partAt(elapsedMs);
      return (part === undefined ? last : part.from + part.slope * (elapsedMs - part.ms)) * 1000;
    },
  };
}

export interface PacerOptions {
  /** Orders per second, above 0, or how they are spread over time. */
  readonly rate: number | Schedule;
  /** A steady clock, ms. */
  readonly clock: () => number;
  /** Where in the timeline it starts; by default the schedule starts then, too, with its first order. */
  readonly start?: TimelineStart | undefined;
}

/** A place in a timeline: the time, and how many orders of the schedule were due before. */
export interface TimelineStart {
  readonly ms: number;
  readonly orders: number;
}

/** A shorter wait is not worth a timer: what falls due meanwhile goes as one batch. */
const MIN_WAIT_MS = 2;
/** A timer of more than 2³¹ ms would not wait at all; who has waited this long looks again. */
const MAX_WAIT_MS = 3_600_000;
/** A message due right now must not be missed because of rounding in a division. */
const ROUNDING = 1e-6;

/**
 * An open-loop schedule: order k is due when the schedule says (k / rate after the start when it is steady), whatever
 * happened to those before. Pauses do not add up, so there is no drift, and what was missed while the caller was busy
 * is due at once.
 */
export class Pacer implements Timeline {
  readonly #clock: () => number;
  #schedule: Schedule;
  /** The clock's time at which the timeline's time is 0, and the timeline's time at which the schedule starts. */
  readonly #clockZeroMs: number;
  #zeroMs: number;
  #taken: number;

  constructor({ clock, rate, start = { ms: 0, orders: 0 } }: PacerOptions) {
    this.#clock = clock;
    this.#schedule = toSchedule(rate);
    this.#clockZeroMs = clock() - start.ms;
    this.#zeroMs = start.ms - this.#schedule.timeOf(start.orders);
    this.#taken = start.orders;
  }

  get nowMs(): number {
    return this.#clock() - this.#clockZeroMs;
  }

  timeOf(ahead: number): number {
    return this.#zeroMs + this.#schedule.timeOf(this.#taken + ahead);
  }

  /** Orders per second now. */
  get rate(): number {
    return this.#schedule.rateAt(this.elapsedMs);
  }

  /** Since the schedule's start, ms. */
  get elapsedMs(): number {
    return this.nowMs - this.#zeroMs;
  }

  /** Orders taken off the schedule; those that were overdue when it started are not its own. */
  get taken(): number {
    return this.#taken;
  }

  /** Continues at another rate, or by another schedule that starts now. Overdue orders stay overdue, or are dropped. */
  setRate(rate: number | Schedule, overdue: 'keep' | 'drop' = 'keep'): void {
    this.#taken = overdue === 'keep' ? 1 - this.due() : 0;
    this.#zeroMs = this.nowMs;
    this.#schedule = toSchedule(rate);
  }

  /** How many orders are due and not taken. */
  due(): number {
    const due = Math.floor(this.#schedule.dueBy(this.elapsedMs) + ROUNDING) + 1;
    return Math.max(0, due - this.#taken);
  }

  /** Takes `count` orders off the schedule. */
  take(count: number): void {
    this.#taken += count;
  }

  /** How long to wait until the next message is due, by default the next order, ms, an hour at most; 0 when it is. */
  waitMs(nextAtMs = this.timeOf(0)): number {
    const wait = nextAtMs - this.nowMs;
    return wait <= 0 ? 0 : Math.min(Math.max(MIN_WAIT_MS, wait), MAX_WAIT_MS);
  }

  /** How long it has been due, ms. */
  lateMs(nextAtMs = this.timeOf(0)): number {
    return Math.max(0, this.nowMs - nextAtMs);
  }
}

function toSchedule(rate: number | Schedule): Schedule {
  return typeof rate === 'number' ? steady(rate) : rate;
}
