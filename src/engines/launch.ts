import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, formatAddress } from '../lib/address.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Daemon, startDaemon, stopProcess } from './daemon.ts';
import { engineFolder, logFileOf, privateFolder } from './data-folder.ts';
import { identify, type ProcessIdentity } from './processes.ts';
import { type EngineRecord, writeRecord } from './record.ts';
import type { EngineDefinition } from './types.ts';

const POLL_MS = 25;
const PROBE_TIMEOUT_MS = 1_000;
const SLOW_START_MS = 8_000;
const ATTEMPTS = 2;

export interface LaunchContext {
  readonly dataDir: string;
  readonly recordFile: string;
  readonly keep: boolean;
  readonly users: readonly ProcessIdentity[];
  readonly step: (text: string) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/**
 * Starts a local engine on the address and waits until it answers. Its record is written as soon as it has a pid, so
 * that the next start finds it after a kill.
 * @throws AppError `engine_missing`, `engine_start_failed` (with the end of the engine's log), `aborted`
 */
export async function launch(
  engine: EngineDefinition,
  address: Address,
  context: LaunchContext,
): Promise<EngineRecord> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await tryLaunch(engine, address, context);
    if ('record' in outcome) return outcome.record;
    // The workers of a killed PostgreSQL need a moment to notice, and somebody may have taken Kafka's second port.
    if (attempt === ATTEMPTS) throw outcome.failure;
    context.logger.debug({ engine: engine.name, attempt }, 'engine ended at start, trying again');
    await sleep(1_000);
  }
}

async function tryLaunch(
  engine: EngineDefinition,
  address: Address,
  context: LaunchContext,
): Promise<{ record: EngineRecord } | { failure: AppError }> {
  const { signal, step, logger } = context;
  const folder = engineFolder(context.dataDir, engine.name);
  privateFolder(folder);
  const plan = await engine.prepare({ address, folder, step, signal, logger });
  throwIfAborted(signal);
  const logFile = logFileOf(context.dataDir, engine.name);
  const daemon = await startDaemon(plan, logFile).catch((cause: unknown) => {
    throw new AppError('engine_start_failed', `${engine.title} can't be executed: ${messageOf(cause)}`, { cause });
  });
  const identity = identify(daemon.pid);
  const failed = (why: string) => startFailure(engine, address, why, logFile, daemon);
  if (!identity) return { failure: failed(daemon.ended() ?? 'it ended at once') };
  const { keep, users } = context;
  const record = { process: identity, address, version: plan.version, keep, users: [...users] };
  writeRecord(context.recordFile, record);
  const problem = await awaitReady(engine, address, daemon.ended, context).catch(async (error: unknown) => {
    await stopProcess(identity, engine.stop);
    throw error;
  });
  if (problem === undefined) return { record };
  const ended = daemon.ended() !== undefined;
  await stopProcess(identity, engine.stop);
  if (ended) return { failure: failed(problem) };
  throw failed(problem);
}

/** Waits until the engine answers; returns undefined then, otherwise why it doesn't. @throws AppError `aborted` */
export async function awaitReady(
  engine: EngineDefinition,
  address: Address,
  ended: () => string | undefined,
  { signal, step }: Pick<LaunchContext, 'signal' | 'step'>,
): Promise<string | undefined> {
  const started = performance.now();
  for (let told = false; ; ) {
    throwIfAborted(signal);
    const end = ended();
    if (end !== undefined) return end;
    if ((await engine.probe(address, PROBE_TIMEOUT_MS)) === 'answers') return undefined;
    const elapsedMs = performance.now() - started;
    if (elapsedMs > engine.readyTimeoutMs) return `no answer within ${engine.readyTimeoutMs / 1000} s`;
    if (!told && elapsedMs > SLOW_START_MS) {
      step('starting takes longer than usual (recovery after a kill?)');
      told = true;
    }
    await sleep(POLL_MS);
  }
}

function startFailure(
  engine: EngineDefinition,
  address: Address,
  why: string,
  logFile: string,
  daemon: Daemon,
): AppError {
  const tail = daemon.logTail();
  const log = tail === '' ? `It wrote nothing to ${logFile}.` : `The end of ${logFile}:\n${tail}`;
  const message = `${engine.title} did not start on ${formatAddress(address)} (${why}). ${log}`;
  return new AppError('engine_start_failed', message);
}

/** @throws AppError `aborted` */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('aborted', 'the start was interrupted', { cause: signal.reason });
}
