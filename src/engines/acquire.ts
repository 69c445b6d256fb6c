import { existsSync } from 'node:fs';
import { type Address, formatAddress } from '../lib/address.ts';
import { AppError } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { findAnswering, localAddress, lookAtAll } from './availability.ts';
import { stopProcess } from './daemon.ts';
import { checkDataFolder, engineFolder, lockPath, recordPath } from './data-folder.ts';
import { acquireLock } from './file-lock.ts';
import { awaitReady, launch, throwIfAborted } from './launch.ts';
import { endStrays, identifySelf, isRunning, isSuspended, type ProcessIdentity, resumeFamily } from './processes.ts';
import { type EngineRecord, lastRecord, readRecord, removeRecord, writeRecord } from './record.ts';
import type { EngineDefinition, EngineOwner, EngineSettings } from './types.ts';

const PROBE_TIMEOUT_MS = 1_500;

/** `record` is there for an engine that was started from this data folder, now or earlier. */
export interface Acquired {
  readonly address: Address;
  /**
   * in use: it answered. started: by this call. adopted: left behind by a killed process, and now this one's. absent:
   * it does not answer, and the service goes without it until it does.
   */
  readonly state: 'in use' | 'started' | 'adopted' | 'absent';
  readonly record?: EngineRecord;
  /** Why an absent one, which is there, refuses us. */
  readonly refusal?: string;
  /** Why an absent one can't be asked now. */
  readonly outage?: string;
}

export interface AcquireContext {
  readonly settings: Pick<EngineSettings, 'mode' | 'dataDir'>;
  readonly owner: EngineOwner;
  /** It need not answer. */
  readonly goWithout: boolean;
  readonly step: (text: string) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/**
 * Uses, adopts or starts one engine. Processes that do so on the same data folder take turns.
 * @throws AppError `engine_unavailable`, `engine_missing`, `engine_start_failed`, `port_in_use`, `aborted`
 */
export async function acquireEngine(engine: EngineDefinition, context: AcquireContext): Promise<Acquired> {
  const { settings, step, signal } = context;
  if (context.goWithout) {
    const found = await useIfThere(engine);
    if (found !== undefined) return found;
  }
  const lock = lockPath(settings.dataDir, engine.name);
  // Without a lock file nothing was ever started from here; nothing is written unless an engine has to be started.
  if (!existsSync(lock)) {
    const address = await findAnswering(engine, step, signal);
    if (address) return { address, state: 'in use' };
    localAddress(engine, settings.mode);
  }
  checkDataFolder(settings.dataDir);
  const onWait = () => step('waiting for another start on this data folder');
  const release = await acquireLock(lock, { signal, onWait }).catch((cause: unknown) => {
    throwIfAborted(signal);
    throw cause;
  });
  try {
    return await acquireLocked(engine, context);
  } finally {
    release?.();
  }
}

async function acquireLocked(engine: EngineDefinition, context: AcquireContext): Promise<Acquired> {
  const { settings, owner, step, signal, logger } = context;
  const recordFile = recordPath(settings.dataDir, engine.name);
  const record = readRecord(recordFile);
  if (record === undefined) await endStrays(engineFolder(settings.dataDir, engine.name));
  if (record && engine.addresses.some((address) => isSame(address, record.address))) {
    if (await isUsable(engine, record, context)) return join(record, recordFile, owner);
    await stopProcess(record.process, engine.stop);
  }
  const answering = await findAnswering(engine, step, signal);
  if (answering) return { address: answering, state: 'in use' };
  const address = localAddress(engine, settings.mode);
  if (record) await makeWay(engine, record, address);
  const { users, keep } = usersAfter(recordFile, owner);
  const { dataDir } = settings;
  const launched = await launch(engine, address, { dataDir, recordFile, keep, users, step, signal, logger });
  return { address, state: 'started', record: launched };
}

/** The users of an engine that has ended still need it; one that was stopped on purpose is kept as before. */
function usersAfter(recordFile: string, owner: EngineOwner): Pick<EngineRecord, 'users' | 'keep'> {
  const last = lastRecord(recordFile);
  const self = identifySelf();
  const others = (last?.users ?? []).filter(({ pid }) => pid !== self.pid);
  return {
    users: owner === 'run' ? [...others, self] : others,
    keep: owner === 'up' || (last?.stoppedAt !== undefined && last.keep),
  };
}

/** Undefined when something else has an address: that is an error to report. */
async function useIfThere(engine: EngineDefinition): Promise<Acquired | undefined> {
  const [first] = engine.addresses;
  const looks = await lookAtAll(engine, PROBE_TIMEOUT_MS);
  const found = looks.find(({ answer }) => answer === 'answers');
  if (found !== undefined) return { address: found.address, state: 'in use' };
  if (first === undefined || looks.some(({ answer }) => answer === 'other')) return undefined;
  const refusal = looks.find((one) => one.refusal !== undefined)?.refusal;
  const outage = looks.find((one) => one.outage !== undefined)?.outage;
  return {
    address: first,
    state: 'absent',
    ...(refusal !== undefined && { refusal }),
    ...(outage !== undefined && { outage }),
  };
}

function join(found: EngineRecord, recordFile: string, owner: EngineOwner): Acquired {
  const leftBehind = !found.keep && found.users.length === 0;
  const users = owner === 'run' ? [...found.users, identifySelf()] : found.users;
  const record = { ...found, users, keep: found.keep || owner === 'up' };
  writeRecord(recordFile, record);
  return { address: record.address, state: leftBehind ? 'adopted' : 'in use', record };
}

async function isUsable(engine: EngineDefinition, record: EngineRecord, context: AcquireContext): Promise<boolean> {
  // Somebody who starts does not wait for the end of a pause.
  if (isSuspended(record.process)) resumeFamily(record.process);
  const ended = () => (isRunning(record.process) ? undefined : 'it ended');
  return (await awaitReady(engine, record.address, ended, context)) === undefined;
}

/** A data folder serves one engine: the one at an earlier address is stopped, unless somebody still uses it. */
async function makeWay(engine: EngineDefinition, record: EngineRecord, wanted: Address): Promise<void> {
  if (!isRunning(record.process)) return;
  if (record.keep || record.users.length > 0) {
    const message =
      `${engine.title} of this data folder runs on ${formatAddress(record.address)} (pid ${record.process.pid}), ` +
      `but ${formatAddress(wanted)} is configured. Stop it (engines down), or use another data folder.`;
    throw new AppError('engine_unavailable', message);
  }
  await stopProcess(record.process, engine.stop);
}

function isSame(one: Address, other: Address): boolean {
  return one.host === other.host && one.port === other.port;
}

/** A start may hold the lock for minutes (a download); a stop doesn't wait for that. */
const LOCK_TIMEOUT_MS = 1_000;

/** Releases an engine; its last user stops it, unless it is to be kept. True when it was stopped. */
export async function releaseEngine(engine: EngineDefinition, dataDir: string, logger: Logger): Promise<boolean> {
  const unlock = await acquireLock(lockPath(dataDir, engine.name), { timeoutMs: LOCK_TIMEOUT_MS });
  try {
    const recordFile = recordPath(dataDir, engine.name);
    const record = lastRecord(recordFile);
    if (!record) return false;
    const users = withoutOne(record.users, process.pid);
    if (record.keep || users.length > 0) {
      writeRecord(recordFile, { ...record, users });
      logger.debug({ engine: engine.name, users: users.length, keep: record.keep }, 'engine kept running');
      return false;
    }
    return await stopAndForget(engine, dataDir, logger);
  } finally {
    unlock?.();
  }
}

/** Stops an engine that was started from this data folder, whoever uses it, and forgets it. True when there was one. */
export async function removeEngine(engine: EngineDefinition, dataDir: string, logger: Logger): Promise<boolean> {
  const unlock = await acquireLock(lockPath(dataDir, engine.name), { timeoutMs: LOCK_TIMEOUT_MS });
  try {
    return await stopAndForget(engine, dataDir, logger);
  } finally {
    unlock?.();
  }
}

/** Without one entry of the process: a process that acquired an engine twice has two. */
export function withoutOne(users: readonly ProcessIdentity[], pid: number): ProcessIdentity[] {
  const index = users.findIndex((user) => user.pid === pid);
  return users.filter((_, at) => at !== index);
}

async function stopAndForget(engine: EngineDefinition, dataDir: string, logger: Logger): Promise<boolean> {
  const recordFile = recordPath(dataDir, engine.name);
  const record = readRecord(recordFile);
  const started = performance.now();
  if (record) await stopProcess(record.process, engine.stop);
  // Also the record of an engine that has ended by itself, or was stopped to be started again.
  removeRecord(recordFile);
  if (!record) return false;
  const tookMs = Math.round(performance.now() - started);
  logger.info({ engine: engine.name, pid: record.process.pid, tookMs }, 'engine stopped');
  return true;
}
