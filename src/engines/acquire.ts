import { existsSync } from 'node:fs';
import { type Address, formatAddress } from '../lib/address.ts';
import { AppError } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { findAnswering, localAddress } from './availability.ts';
import { stopProcess } from './daemon.ts';
import { checkDataFolder } from './data-folder.ts';
import { acquireLock } from './file-lock.ts';
import { awaitReady, launch, throwIfAborted } from './launch.ts';
import { resumeFamily } from './process-family.ts';
import { identifySelf, isRunning, isSuspended } from './process-identity.ts';
import {
  type EngineRecord,
  engineFolder,
  lastRecord,
  lockPath,
  readRecord,
  recordPath,
  writeRecord,
} from './record.ts';
import { endStrays } from './strays.ts';
import type { EngineDefinition, EngineOwner, EngineSettings } from './types.ts';

const PROBE_TIMEOUT_MS = 1_500;

/** How an engine was come by; absent: it does not answer, and is not waited for. `record` is there when it was started from this data folder, now or earlier. */
export interface Acquired {
  readonly address: Address;
  readonly state: 'in use' | 'started' | 'adopted' | 'absent';
  readonly record?: EngineRecord;
}

export interface AcquireContext {
  readonly settings: Pick<EngineSettings, 'mode' | 'dataDir'>;
  readonly owner: EngineOwner;
  readonly step: (text: string) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/**
 * Uses, adopts or starts one engine, whichever applies. Processes that do so on one data folder take turns.
 * @throws AppError `engine_unavailable`, `engine_missing`, `engine_start_failed`, `port_in_use`, `aborted`
 */
export async function acquireEngine(engine: EngineDefinition, context: AcquireContext): Promise<Acquired> {
  const { settings, step, signal } = context;
  if (engine.optional && settings.mode === 'off') {
    const found = await useIfThere(engine);
    if (found !== undefined) return found;
  }
  const lock = lockPath(settings.dataDir, engine.name);
  // Without a lock file nothing was ever started from here, and nothing is written while that isn't needed.
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
  const { users, keep } = heldBy(recordFile, owner);
  const { dataDir } = settings;
  const launched = await launch(engine, address, { dataDir, recordFile, keep, users, step, signal, logger });
  return { address, state: 'started', record: launched };
}

/** Those who used an engine that has ended still count on it; one that was stopped on purpose is kept as it was before. */
function heldBy(recordFile: string, owner: EngineOwner): Pick<EngineRecord, 'users' | 'keep'> {
  const last = lastRecord(recordFile);
  const self = identifySelf();
  const others = (last?.users ?? []).filter(({ pid }) => pid !== self.pid);
  return {
    users: owner === 'run' ? [...others, self] : others,
    keep: owner === 'up' || (last?.stoppedAt !== undefined && last.keep),
  };
}

/** Undefined when none answers and something else has an address: that is to be said, not to be waited for. */
async function useIfThere(engine: EngineDefinition): Promise<Acquired | undefined> {
  const [first] = engine.addresses;
  const answers = await Promise.all(engine.addresses.map((one) => engine.probe(one, PROBE_TIMEOUT_MS)));
  const address = engine.addresses[answers.indexOf('answers')];
  if (address !== undefined) return { address, state: 'in use' };
  return first === undefined || answers.includes('other') ? undefined : { address: first, state: 'absent' };
}

function join(found: EngineRecord, recordFile: string, owner: EngineOwner): Acquired {
  const leftBehind = !found.keep && found.users.length === 0;
  const users = owner === 'run' ? [...found.users, identifySelf()] : found.users;
  const record = { ...found, users, keep: found.keep || owner === 'up' };
  writeRecord(recordFile, record);
  return { address: record.address, state: leftBehind ? 'adopted' : 'in use', record };
}

async function isUsable(
  engine: EngineDefinition,
  record: EngineRecord,
  context: AcquireContext,
): Promise<boolean> {
  // A pause is not for those who start: one whose end nobody saw to would last for ever.
  if (isSuspended(record.process)) resumeFamily(record.process);
  const ended = () => (isRunning(record.process) ? undefined : 'it ended');
  return (await awaitReady(engine, record.address, ended, context)) === undefined;
}

/** The data folder serves one engine: the one at an earlier address goes, unless somebody still needs it. */
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
