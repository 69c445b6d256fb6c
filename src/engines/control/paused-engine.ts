import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../lib/app-error.ts';
import { ownProcess } from '../../lib/own-process.ts';
import { inheritedEnvironment } from '../daemon.ts';
import { resumeFamily, suspendFamily } from '../process-family.ts';
import { type EngineRecord, writeRecord } from '../record.ts';
import { spawnDetached } from '../spawn.ts';
import type { PauseWatch } from './pause-watch.ts';

const WATCH = fileURLToPath(new URL('./pause-watch.ts', import.meta.url));

/**
 * Suspends an engine with all its processes for a time. A small process of its own sees to the end of it, also when this one is killed.
 * The engine's lock must be held; a pause that is under way is replaced. @throws AppError `engine_start_failed` when that process does not run: the engine goes on then
 */
export async function pauseEngine(record: EngineRecord, recordFile: string, forMs: number): Promise<void> {
  const pausedUntil = Date.now() + forMs;
  writeRecord(recordFile, { ...record, pausedUntil });
  try {
    await startWatch({ recordFile, process: record.process, pausedUntil, forMs });
  } catch (error) {
    resumeEngine(record, recordFile);
    throw error;
  }
  await suspendFamily(record.process);
}

/** Ends a pause now, and the process that would have ended it. The engine's lock must be held. */
export function resumeEngine(record: EngineRecord, recordFile: string): void {
  resumeFamily(record.process);
  const { pausedUntil: _, ...rest } = record;
  writeRecord(recordFile, rest);
}

/** Resolves once it watches. */
async function startWatch(watch: PauseWatch): Promise<void> {
  const [bun, ...args] = ownProcess(WATCH, JSON.stringify(watch));
  const child = spawnDetached(bun, args, { output: 'pipe', env: inheritedEnvironment() });
  child.unref();
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    output += String(chunk);
  });
  const ended = once(child, 'exit').then(() => 'ended' as const);
  const heard = child.stdout === null ? ended : once(child.stdout, 'data').then(() => 'watching' as const);
  const outcome = await Promise.race([heard, ended]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (outcome === 'watching') return;
  const message = `there would be nobody to end the pause: ${output.trim()}`;
  throw new AppError('engine_start_failed', message);
}
