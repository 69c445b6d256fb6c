/** Nobody wrote to Kafka before its first release, in January 2011. */
const FIRST_INSTANT = Date.UTC(2011, 0, 1);
/** How far Kafka lets a producer's clock be ahead of its own, unless it is told otherwise (`message.timestamp.after.max.ms`). */
const AHEAD_MS = 60 * 60_000;

/** Whether a time that somebody else's clock has given can be one: a span from or to any other says nothing. ms since the Unix epoch. */
export function isBelievable(ms: number, now: number): boolean {
  return ms >= FIRST_INSTANT && ms <= now + AHEAD_MS;
}
