import { isBelievable } from '../lib/believable.ts';

/** An order of a batch, as far as its age is concerned. */
export interface Delivery {
  /** ms since the Unix epoch, by the producer's clock. */
  readonly producedAt: number;
  /** It was sent back from the dead letters. */
  readonly redriven: boolean;
}

/**
 * Why an order's age is no latency: it waited among the dead letters (`redriven`), all of its batch was stored before (`repeated`), or the
 * clock that says when it was produced can't be believed, or means more than a week ago (`clock`).
 */
export type Unmeasured = 'redriven' | 'repeated' | 'clock';

export interface Ages {
  /** From production to the commit, ms; never below 0. */
  readonly agesMs: readonly number[];
  readonly unmeasured: Readonly<Record<Unmeasured, number>>;
}

const WEEK_MS = 7 * 24 * 60 * 60_000;

/** The ages of first deliveries with believable clocks, and how many there were of others. `now`: the commit, ms since the Unix epoch. */
export function agesOf(deliveries: readonly Delivery[], now: number, repeated: boolean): Ages {
  const agesMs: number[] = [];
  const unmeasured = { redriven: 0, repeated: 0, clock: 0 };
  for (const { producedAt, redriven } of deliveries) {
    const age = now - producedAt;
    if (redriven) unmeasured.redriven += 1;
    else if (repeated) unmeasured.repeated += 1;
    else if (!isBelievable(producedAt, now) || age > WEEK_MS) unmeasured.clock += 1;
    else agesMs.push(Math.max(0, age));
  }
  return { agesMs, unmeasured };
}
