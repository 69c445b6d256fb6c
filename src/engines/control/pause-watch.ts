/**
 * Ends a pause of an engine, whatever has become of the process that began it: `pause-watch.ts JSON`, with a PauseWatch. Writes a line
 * once it watches, and ends with the pause.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { resumeFamily } from '../process-family.ts';
import { isRunning, type ProcessIdentity } from '../process-identity.ts';
import { lastRecord } from '../record.ts';

export interface PauseWatch {
  readonly recordFile: string;
  readonly process: ProcessIdentity;
  /** What the record says of the pause. */
  readonly pausedUntil: number;
  readonly forMs: number;
}

const POLL_MS = 200;

if (import.meta.main) await watch(JSON.parse(process.argv[2] ?? ''));

async function watch({ recordFile, process: target, pausedUntil, forMs }: PauseWatch): Promise<void> {
  process.stdout.write('watching\n');
  // By a clock that nobody sets.
  for (const began = performance.now(); performance.now() - began < forMs; await sleep(POLL_MS)) {
    const record = lastRecord(recordFile);
    // Ended by somebody else, or another pause has its own watch. Without a record there is nobody else to end it.
    if (record !== undefined && record.pausedUntil !== pausedUntil) return;
    if (!isRunning(target)) return;
  }
  resumeFamily(target);
}
