/**
 * Outlives a test run, whatever ends that: sweeps up after it when the run has closed its end of standard input, or was
 * killed. Started in a session of its own, with the run's folder.
 */
import { sweepRun } from './run-sweep.ts';

for await (const _ of process.stdin) {
  // Only the end counts.
}
await sweepRun(process.argv[2] ?? '');
