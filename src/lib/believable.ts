/** Nobody wrote to Kafka before its first release, in January 2011. */
const FIRST_INSTANT = Date.UTC(2011, 0, 1);
/** How far Kafka lets a producer's clock be ahead of its own, unless it is told otherwise (`message.timestamp.after.max.ms`). */
const AHEAD_MS = 60 * 60_000;

/** Whether a time from somebody else's clock is plausible, ms since the Unix epoch. A span from or to any other time means nothing. */
export function isBelievable(ms: number, now: number): boolean {
  return ms >= FIRST_INSTANT && ms <= now + AHEAD_MS;
}
