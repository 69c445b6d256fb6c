import type { Logger } from '../telemetry/logger.ts';
import { stopProcess } from './daemon.ts';
import { acquireLock } from './file-lock.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { lastRecord, lockPath, readRecord, recordPath, removeRecord, writeRecord } from './record.ts';
import type { EngineDefinition } from './types.ts';

/** A start that holds the lock may take minutes (a download); a stop doesn't wait for it. */
const LOCK_TIMEOUT_MS = 1_000;

/** Lets go of an engine; the last of its users stops it, unless it is to be kept. True when it was stopped. */
export async function releaseEngine(
  engine: EngineDefinition,
  dataDir: string,
  logger: Logger,
): Promise<boolean> {
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

/** Stops an engine started from this data folder whoever uses it. True when there was one. */
export async function stopEngine(
  engine: EngineDefinition,
  dataDir: string,
  logger: Logger,
): Promise<boolean> {
  const unlock = await acquireLock(lockPath(dataDir, engine.name), { timeoutMs: LOCK_TIMEOUT_MS });
  try {
    return await stopAndForget(engine, dataDir, logger);
  } finally {
    unlock?.();
  }
}

/** A process that asked twice is there twice. */
export function withoutOne(users: readonly ProcessIdentity[], pid: number): ProcessIdentity[] {
  const index = users.findIndex((user) => user.pid === pid);
  return users.filter((_, at) => at !== index);
}

async function stopAndForget(engine: EngineDefinition, dataDir: string, logger: Logger): Promise<boolean> {
  const recordFile = recordPath(dataDir, engine.name);
  const record = readRecord(recordFile);
  const started = performance.now();
  if (record) await stopProcess(record.process, engine.stop);
  // Also that of an engine that has ended by itself, or was stopped to be started again.
  removeRecord(recordFile);
  if (!record) return false;
  const tookMs = Math.round(performance.now() - started);
  logger.info({ engine: engine.name, pid: record.process.pid, tookMs }, 'engine stopped');
  return true;
}
