import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type ProcessIdentity, resumeFamily } from '../processes.ts';
import { lastRecord } from '../record.ts';

export interface PauseWatch {
  readonly recordFile: string;
  readonly process: ProcessIdentity;
  /** As it is in the record. */
  readonly pausedUntil: number;
  readonly forMs: number;
}

const POLL_MS = 200;

/**
 * Ends an engine's pause even when the process that began it is gone: `pause-watch JSON`, a command of the executable
 * that its help does not name. Writes a line when it is ready, and ends with the pause.
 */
export async function watchPause({ recordFile, process: target, pausedUntil, forMs }: PauseWatch): Promise<void> {
  process.stdout.write('watching\n');
  // Measured with a monotonic clock: the system's time may be set meanwhile.
  for (const began = performance.now(); performance.now() - began < forMs; await sleep(POLL_MS)) {
    const record = lastRecord(recordFile);
    // Somebody else has ended the pause, or replaced it. Without a record nobody else would end it.
    if (record !== undefined && record.pausedUntil !== pausedUntil) return;
    if (!isRunning(target)) return;
  }
  resumeFamily(target);
}
