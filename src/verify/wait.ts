import type { LogRange } from '../kafka/read/order-log.ts';
import { pause } from '../lib/backoff.ts';

export interface WaitOptions {
  /** What is to be stored: everything in these ranges, whether a transaction is still open there or not. */
  readonly ranges: ReadonlyMap<number, LogRange>;
  /** The group's next offsets, now. */
  readonly nextOffsets: () => Promise<ReadonlyMap<number, number>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told how many offsets are still to be passed, after each look. */
  readonly onLag: (offsets: number) => void;
  readonly everyMs?: number;
}

/** Waits until the group has passed the ends. @returns false when the time is up, or the signal aborts, before that */
export async function waitUntilStored(options: WaitOptions): Promise<boolean> {
  const { ranges, nextOffsets, timeoutMs, signal, onLag, everyMs = 500 } = options;
  const deadline = performance.now() + timeoutMs;
  while (!signal.aborted) {
    const lag = lagOf(ranges, await nextOffsets());
    onLag(lag);
    if (lag === 0) return true;
    const left = deadline - performance.now();
    if (left <= 0) return false;
    await pause(Math.min(everyMs, left), signal);
  }
  return false;
}

/** Offsets in the ranges that the group has not passed. */
function lagOf(ranges: ReadonlyMap<number, LogRange>, nextOffsets: ReadonlyMap<number, number>): number {
  let lag = 0;
  for (const [partition, { start, end }] of ranges) {
    lag += Math.max(0, end - Math.max(start, nextOffsets.get(partition) ?? 0));
  }
  return lag;
}
