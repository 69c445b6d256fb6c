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
