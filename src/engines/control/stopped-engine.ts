import { formatAddress } from '../../lib/address.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { findAnswering } from '../availability.ts';
import { gone, stopProcess } from '../daemon.ts';
import { awaitReady, launch } from '../launch.ts';
import { killFamily } from '../process-family.ts';
import { isRunning } from '../process-identity.ts';
import { type EngineRecord, writeRecord } from '../record.ts';
import type { EngineDefinition } from '../types.ts';
import { resumeEngine } from './paused-engine.ts';

/** What is needed to stop an engine and start it again. Its lock must be held. */
export interface RestartContext {
  readonly dataDir: string;
  readonly recordFile: string;
  /** Gives a start up. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

const KILLED_MS = 5_000;

/** Stops the engine in order, paused or not; who uses it stays noted. Gives the new record. */
export async function stopKeepingUsers(
  engine: EngineDefinition,
  record: EngineRecord,
  { recordFile }: RestartContext,
): Promise<EngineRecord> {
  await stopProcess(record.process, engine.stop);
  return noteStopped(record, recordFile);
}

/** kill -9 of the engine and all its processes, at once, as if the machine had lost its power; who uses it stays noted. */
export async function killEngine(record: EngineRecord, { recordFile }: RestartContext): Promise<void> {
  const killed = killFamily(record.process);
  for (const one of killed) await gone(one, KILLED_MS);
  noteStopped(record, recordFile);
}

/**
 * Sees that the engine runs and answers, at the address and for the users it had: a pause ends, one that does not run is started.
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
    throw new AppError('engine_start_failed', `${engine.title} runs and does not answer (${problem})`);
  }
  const here = { ...engine, addresses: [record.address] };
  if ((await findAnswering(here, step, signal)) !== undefined) {
    const message = `Another ${engine.title} has taken ${formatAddress(record.address)} meanwhile. Stop that one first.`;
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
