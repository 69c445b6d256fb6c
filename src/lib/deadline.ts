import { AppError } from './app-error.ts';

/**
 * The promise's outcome, or after `ms` a rejection with `onLate()`, by default AppError `aborted`. The work itself goes
 * on: use it where work can't be cancelled.
 */
export async function within<T>(ms: number, promise: Promise<T>, onLate = (): Error => notWithin(ms)): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(onLate()), ms);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** The promise's outcome, or AppError `aborted` once the signal aborts. The work itself goes on. */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new AppError('aborted', 'it was asked to stop', { cause: signal.reason }));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
    promise.catch(() => {});
  }
}

function notWithin(ms: number): AppError {
  return new AppError('aborted', `not done within ${ms} ms`, { retryable: true });
}

/** Parts of a time-out; each counts once, however long the event loop stalls in it. */
const PARTS = 5;

/** Thrown by `heardWithin`. */
export class TimeOut extends Error {}

/**
 * The outcome of the work, or a TimeOut after `ms` in which this process could have received it. A stall of its event
 * loop (a long turn, garbage collection, no CPU) counts for at most a fifth of that, and each part ends with a turn
 * that reads the sockets: a delay of our own must not look like a dead server. The work itself goes on.
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
