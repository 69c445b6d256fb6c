/** What a time-out is made of: a part counts once, however long the event loop stood still in it. */
const PARTS = 5;

/** Thrown by `heardWithin`. */
export class TimeOut extends Error {}

/**
 * The work's outcome, or a TimeOut after `ms` in which this process could have heard of it. A stall of its own event loop (a long turn, a
 * pause of the collector, a machine that gives it no CPU) counts for a fifth of that at most, and each part ends with a turn
 * in which sockets are read: what is late because of us must not look as if the other side were dead. The work itself goes on.
 */
export async function heardWithin<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  let parts = PARTS;
  let timer: Timer | undefined;
  let settled = false;
  const endPart = (): void => {
    if (settled) return;
    parts--;
    if (parts === 0) reject(new TimeOut(`no answer in ${ms} ms`));
    else beginPart();
  };
  const beginPart = (): void => {
    timer = setTimeout(() => setImmediate(endPart), ms / PARTS);
  };
  beginPart();
  try {
    return await Promise.race([work, promise]);
  } finally {
    settled = true;
    clearTimeout(timer);
    work.catch(() => {});
  }
}
