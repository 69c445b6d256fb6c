/** A range of time in equal buckets; all in ms, instants since the Unix epoch. */
export interface TimelineRange {
  readonly since: number;
  readonly until: number;
  readonly bucketMs: number;
}

const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Lengths people read easily on a clock and a calendar. */
const ROUND_MS = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800].map((seconds) => seconds * SECOND),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  DAY,
];
const WANTED_BUCKETS = 60;
const MOST_BUCKETS = 1_000;

/** The range as it was asked for, the last hour unless said otherwise, in about 60 buckets unless said otherwise; or what is wrong with it. */
export function timelineRange(
  asked: { readonly since?: number; readonly until?: number; readonly bucketMs?: number },
  now: number,
): TimelineRange | { readonly wrong: 'since' | 'bucket_s'; readonly message: string } {
  const until = asked.until ?? now;
  const since = asked.since ?? until - HOUR;
  if (since >= until) return { wrong: 'since', message: 'must lie before until' };
  const length = until - since;
  const bucketMs =
    asked.bucketMs ??
    ROUND_MS.find((one) => length / one <= WANTED_BUCKETS) ??
    Math.ceil(length / WANTED_BUCKETS / DAY) * DAY;
  if (length / bucketMs > MOST_BUCKETS)
    return { wrong: 'bucket_s', message: `makes more than ${MOST_BUCKETS} buckets of the range` };
  return { since, until, bucketMs };
}
