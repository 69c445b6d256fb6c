import { AppError } from '../../src/lib/app-error.ts';
import { pause } from '../../src/lib/backoff.ts';

/** Ends a bench that was interrupted. @throws AppError `aborted` */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('aborted', 'interrupted');
}

/** Waits. @throws AppError `aborted` */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, signal);
  throwIfAborted(signal);
}

/** ms since the Unix epoch, with fractions: the same clock in every process of the machine. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
