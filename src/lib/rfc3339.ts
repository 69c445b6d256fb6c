/**
 * The last instant that RFC 3339, JavaScript's Date and PostgreSQL's timestamptz can represent: the end of the year
 * 9999, ms.
 */
export const LAST_INSTANT = 253_402_300_799_999;

/** An instant from outside, ms since the Unix epoch, within what RFC 3339 can write: the years 1970 to 9999. */
export function withinRfc3339(ms: number): number {
  return Math.min(Math.max(0, ms), LAST_INSTANT);
}

/** RFC 3339 of an instant from outside; one that RFC 3339 can't write becomes the nearest one it can. */
export function rfc3339(ms: number): string {
  return new Date(withinRfc3339(ms)).toISOString();
}

/** Nobody wrote to Kafka before its first release, in January 2011. */
const FIRST_INSTANT = Date.UTC(2011, 0, 1);
/** How far a producer's clock may be ahead of Kafka's by default (`message.timestamp.after.max.ms`). */
const AHEAD_MS = 60 * 60_000;

/**
 * Whether a time from another clock is plausible, ms since the Unix epoch. Durations to or from any other time mean
 * nothing.
 */
export function isBelievable(ms: number, now: number): boolean {
  return ms >= FIRST_INSTANT && ms <= now + AHEAD_MS;
}
