import { once } from 'node:events';
import { formatAddress } from '../../lib/address.ts';
import { AppError } from '../../lib/app-error.ts';
import { EXECUTABLE } from '../../lib/own-process.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { findAnswering } from '../availability.ts';
import { gone, stopProcess } from '../daemon.ts';
import { awaitReady, launch } from '../launch.ts';
import { isRunning, killFamily, resumeFamily, suspendFamily } from '../processes.ts';
import { inheritedEnvironment, spawnDetached } from '../program.ts';
import { type EngineRecord, writeRecord } from '../record.ts';
import type { EngineDefinition } from '../types.ts';
import type { PauseWatch } from './pause-watch.ts';

/** What is needed to stop an engine and start it again. Its lock must be held. */
export interface RestartContext {
  readonly dataDir: string;
  readonly recordFile: string;
  /** Aborts a start. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

const KILLED_MS = 5_000;

/** Stops the engine in order, paused or not; its users stay in the record, which is returned. */
export async function stopKeepingUsers(
  engine: EngineDefinition,
  record: EngineRecord,
  { recordFile }: RestartContext,
): Promise<EngineRecord> {
  await stopProcess(record.process, engine.stop);
  return noteStopped(record, recordFile);
}

/** Kills the engine and all its processes at once, as a power failure would; its users stay in the record. */
export async function killEngine(record: EngineRecord, { recordFile }: RestartContext): Promise<void> {
  const killed = killFamily(record.process);
  for (const one of killed) await gone(one, KILLED_MS);
  noteStopped(record, recordFile);
}

/**
 * Resumes the engine, or starts it at the address and for the users it had, and waits until it answers.
 * @throws AppError `engine_missing`, `engine_start_failed` with the end of its log, `port_in_use`, `aborted`
 */
export async function startEngine(
  engine: EngineDefinition,
  record: EngineRecord,
  context: RestartContext,
): Promise<void> {
  const step = (): void => {};
  const { signal } = context;
  if (isRunning(record.process)) {
    resumeEngine(record, context.recordFile);
    const ended = () => (isRunning(record.process) ? undefined : 'it ended');
    const problem = await awaitReady(engine, record.address, ended, { signal, step });
    if (problem === undefined) return;
    throw new AppError('engine_start_failed', `${engine.title} runs but does not answer (${problem})`);
  }
  const here = { ...engine, addresses: [record.address] };
  if ((await findAnswering(here, step, signal)) !== undefined) {
    const message = `Another ${engine.title} took ${formatAddress(record.address)} in the meantime. Stop that one first.`;
    throw new AppError('port_in_use', message);
  }
  const { keep, users } = record;
  try {
    await launch(engine, record.address, { ...context, keep, users, step });
  } catch (error) {
    noteStopped(record, context.recordFile);
    throw error;
  }
}

function noteStopped(record: EngineRecord, recordFile: string): EngineRecord {
  const { pausedUntil: _, ...rest } = record;
  const stopped = { ...rest, stoppedAt: Date.now() };
  writeRecord(recordFile, stopped);
  return stopped;
}

/**
 * Suspends an engine with all its processes for a while. A small process of its own ends the pause, even when this one
 * is killed. Replaces a pause that is under way. The engine's lock must be held.
 * @throws AppError `engine_start_failed` when that process does not start; the engine is not suspended then
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

/** Ends a pause now, and with it the process that waits for its end. The engine's lock must be held. */
export function resumeEngine(record: EngineRecord, recordFile: string): void {
  resumeFamily(record.process);
  const { pausedUntil: _, ...rest } = record;
  writeRecord(recordFile, rest);
}

/** Resolves once it watches. */
async function startWatch(watch: PauseWatch): Promise<void> {
  const child = spawnDetached(EXECUTABLE, ['pause-watch', JSON.stringify(watch)], {
    output: 'pipe',
    env: inheritedEnvironment(),
  });
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
  const message = `the process that would end the pause did not start: ${output.trim()}`;
  throw new AppError('engine_start_failed', message);
}
