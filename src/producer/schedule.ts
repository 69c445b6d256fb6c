import type { LoadProfile } from '../contract/generator.ts';
/** How many messages are due when. All instants are ms since the schedule's start. */
export interface Schedule {
  /** Messages due by then, as a real number: at 0 it is 0. */
  dueBy(elapsedMs: number): number;
  /** When that many are due, the opposite of dueBy; below 0 for what was due before the start. */
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
export function steady(rate: number): Schedule {
  return {
    dueBy: (elapsedMs) => (elapsedMs * rate) / 1000,
    timeOf: (count) => (count * 1000) / rate,
    rateAt: () => rate,
  };
}

function burst(
  { burstRate, forMs, everyMs }: Extract<LoadProfile, { kind: 'burst' }>,
  rate: number,
): Schedule {
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
      elapsedMs < overMs
        ? from * elapsedMs + (slope * elapsedMs ** 2) / 2
        : inRamp + to * (elapsedMs - overMs),
    timeOf: (count) => {
      if (count < 0) return count / from;
      if (count >= inRamp) return overMs + (count - inRamp) / to;
      // The root of from·t + slope·t²/2 = count in the form that stays exact when the slope is next to nothing.
      return (2 * count) / (from + Math.sqrt(from ** 2 + 2 * slope * count));
    },
    rateAt: (elapsedMs) => (elapsedMs < overMs ? rate + (toRate - rate) * (elapsedMs / overMs) : toRate),
  };
}
