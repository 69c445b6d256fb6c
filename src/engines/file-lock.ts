import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { privateFolder } from './data-folder.ts';

const SQLITE_BUSY = 5;
const RETRY_MS = 50;

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** After this time the result is undefined; waits for ever by default. */
  readonly timeoutMs?: number;
  /** Called once when another process has the lock. */
  readonly onWait?: () => void;
}

/**
 * Takes the lock at `path`, whose file is created if missing, and returns the function that releases it; undefined
 * after `timeoutMs`. The lock is that of an SQLite database: the kernel frees it when its holder dies, so it can't be
 * stale.
 * @throws the signal's reason when it aborts
 */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<(() => void) | undefined> {
  privateFolder(dirname(path));
  const deadline = performance.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
  for (let waits = 0; ; waits += 1) {
    options.signal?.throwIfAborted();
    const release = tryLock(path);
    if (release) return release;
    if (performance.now() >= deadline) return undefined;
    if (waits === 0) options.onWait?.();
    await sleep(RETRY_MS, undefined, options.signal ? { signal: options.signal } : {});
  }
}

function tryLock(path: string): (() => void) | undefined {
  const database = new DatabaseSync(path);
  try {
    database.exec('begin exclusive');
    return () => database.close();
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}
