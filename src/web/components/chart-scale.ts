/** What the values of a chart are: rates per second, whole numbers, spans in ms, or shares in percent. */
export type ChartUnit = 'rate' | 'count' | 'span' | 'share';

/** A line's values; null where it is unknown. */
export type ChartValues = readonly (number | null)[];

const TIME_STEPS_S = [15, 20, 30, 45, 60, 90, 120, 150, 180, 240, 300, 360, 480, 600, 900, 1_800, 3_600];
const MOST_LABELS = 5;

/** Where a time axis has its labels, Unix seconds: at most five, at whole steps of the local clock. */
export function timeSplits(from: number, to: number): number[] {
  const step = TIME_STEPS_S.find((one) => (to - from) / one <= MOST_LABELS) ?? (to - from) / MOST_LABELS;
  const zone = new Date(to * 1000).getTimezoneOffset() * 60;
  const first = (Math.floor((from - zone) / step) + 1) * step + zone;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, at) => first + at * step);
}

/** 1, 2, 5, 10, 20, … */
const DECADES = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

/** Steps between labels, which the labels write exactly. */
export const VALUE_STEPS: Readonly<Record<ChartUnit, number[]>> = {
  rate: [0.1, 0.2, 0.5, ...DECADES],
  count: DECADES,
  share: [5, 10, 20, 25, 50],
  span: [
    0.1,
    0.2,
    0.5,
    ...DECADES.filter((step) => step <= 20_000),
    ...[30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400, 604_800].map((seconds) => seconds * 1000),
  ],
};

const LEAST_KNOWN = 60;
const USUAL_SHARE = 0.98;
const FLATTENING = 4;

/** The largest value of some lines, and when it was; undefined when none is more than nothing. */
export interface Peak {
  readonly value: number;
  /** Unix seconds. */
  readonly at: number;
}

/**
 * Where lines should be cut off because a few outliers would flatten all the rest: undefined when they do not. With
 * the peak that is cut off.
 */
export function cutOf(
  at: readonly number[],
  lines: readonly ChartValues[],
): { readonly top: number; readonly peak: Peak } | undefined {
  const known: number[] = [];
  let peak: Peak | undefined;
  for (const line of lines)
    for (const [place, value] of line.entries()) {
      if (value === null || value <= 0) continue;
      known.push(value);
      if (peak === undefined || value > peak.value) peak = { value, at: at[place] ?? 0 };
    }
  if (peak === undefined || known.length < LEAST_KNOWN) return undefined;
  const usual = known.sort((a, b) => a - b)[Math.floor((known.length - 1) * USUAL_SHARE)] ?? 0;
  return peak.value > usual * FLATTENING ? { top: usual * 1.5, peak } : undefined;
}

/** Values without a neighbour: a line would not show them. */
export function lonelyPoints(line: ArrayLike<number | null | undefined>): number[] {
  const isKnown = (place: number) => line[place] !== null && line[place] !== undefined;
  return Array.from(line, (_, place) => place).filter(
    (place) => isKnown(place) && !isKnown(place - 1) && !isKnown(place + 1),
  );
}
