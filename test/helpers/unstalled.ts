const TICK_MS = 5;

let seenAt = performance.now();
let stalledMs = 0;
setInterval(look, TICK_MS).unref();

/**
 * A clock, ms, that stands still while the machine keeps this process waiting: what counts is how late a timer comes.
 * Compare a time limit with its difference, and a test does not fail because others are busy.
 */
export function unstalledNow(): number {
  look();
  return seenAt - stalledMs;
}

function look(): void {
  const now = performance.now();
  const lateMs = now - seenAt - TICK_MS;
  // Timers are never quite on time.
  if (lateMs > TICK_MS) stalledMs += lateMs;
  seenAt = now;
}
