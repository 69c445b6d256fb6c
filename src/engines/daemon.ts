import { once } from 'node:events';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { copyFile, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { privateFolder } from './data-folder.ts';
import { isRunning, isSuspended, type ProcessIdentity, resumeFamily, signalProcess } from './processes.ts';
import { inheritedEnvironment, spawnDetached } from './program.ts';
import type { LaunchPlan, StopPolicy } from './types.ts';

const LOG_TAIL_BYTES = 4_096;
const LOG_TAIL_LINES = 15;
const POLL_MS = 20;

/** An engine process that was just started. */
export interface Daemon {
  readonly pid: number;
  /** How it ended; undefined while it runs. */
  ended(): string | undefined;
  /** The last lines that it has written since this start. */
  logTail(): string;
}

/**
 * Starts the plan in a session of its own, so that a Ctrl-C meant for us doesn't reach it, with its output in `logFile`
 * and without our environment, which may hold secrets.
 * @throws the system's error when it can't be executed
 */
export async function startDaemon(plan: LaunchPlan, logFile: string): Promise<Daemon> {
  privateFolder(dirname(logFile));
  if (existsSync(logFile)) await rotateLog(logFile);
  const log = openSync(logFile, 'a');
  const logStart = statSync(logFile).size;
  try {
    const env = { ...inheritedEnvironment(), ...plan.env };
    const child = spawnDetached(plan.command, plan.args, { ...plan, output: log, env });
    await once(child, 'spawn');
    let end: string | undefined;
    child.once('exit', (code, signal) => {
      end = signal ?? `exit code ${code}`;
    });
    child.unref();
    return { pid: child.pid ?? 0, ended: () => end, logTail: () => tailOf(logFile, logStart) };
  } finally {
    closeSync(log);
  }
}

/**
 * Stops a process by the policy and waits for its end: it is asked first, forced after the grace period, and killed at
 * last. A suspended process is resumed first, so that it sees the signal.
 */
export async function stopProcess(target: ProcessIdentity, policy: StopPolicy): Promise<void> {
  if (isSuspended(target)) resumeFamily(target);
  signalProcess(target, policy.signal);
  if (await gone(target, policy.graceMs)) return;
  signalProcess(target, policy.forceSignal);
  if (await gone(target, 1_000)) return;
  signalProcess(target, 'SIGKILL');
  await gone(target, 2_000);
}

/** Waits until the process has ended; false when it hasn't ended in time. */
export async function gone(target: ProcessIdentity, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (isRunning(target)) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function tailOf(path: string, from: number): string {
  // Somebody may have removed the data folder.
  if (!existsSync(path)) return '';
  const size = statSync(path).size;
  const start = Math.max(from, size - LOG_TAIL_BYTES);
  const buffer = Buffer.alloc(Math.max(0, size - start));
  const file = openSync(path, 'r');
  try {
    readSync(file, buffer, 0, buffer.length, start);
  } finally {
    closeSync(file);
  }
  return buffer.toString('utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}

/** Bytes; the previous part of the log, which is kept, may be as long again. */
const MAX_LOG_BYTES = 8_388_608;
const ROTATION_INTERVAL_MS = 5_000;

/** Bounds the logs while their engines write to them, until the returned function is called. Errors are ignored. */
export function keepLogsShort(files: readonly string[]): () => void {
  const timer = setInterval(() => {
    for (const file of files) void rotateLog(file).catch(() => {});
  }, ROTATION_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Moves the content of a log that has become too long to `FILE.1`. The engine has the file open to append, so it goes
 * on at its start; what it writes in between is lost.
 */
export async function rotateLog(file: string, longest = MAX_LOG_BYTES): Promise<void> {
  if ((await stat(file)).size <= longest) return;
  await copyFile(file, `${file}.1`);
  await truncate(file);
}
