import { once } from 'node:events';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHILD_LOCALE } from '../lib/own-process.ts';
import { rotateLog } from './log-rotation.ts';
import { privateFolder } from './private-folder.ts';
import { resumeFamily } from './process-family.ts';
import { isRunning, isSuspended, type ProcessIdentity, signalProcess } from './process-identity.ts';
import { spawnDetached } from './spawn.ts';
import type { LaunchPlan, StopPolicy } from './types.ts';

const LOG_TAIL_BYTES = 4_096;
const LOG_TAIL_LINES = 15;
const POLL_MS = 20;

/** An engine process just started. */
export interface Daemon {
  readonly pid: number;
  /** How it ended; undefined while it runs. */
  ended(): string | undefined;
  /** The last lines it has written since this start. */
  logTail(): string;
}

/**
 * Starts the plan in a session of its own, so a Ctrl-C meant for us doesn't reach it, with its output in `logFile`
 * and with none of our environment, which may hold secrets.
 * @throws the system's error when it can't be executed.
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
 * Ends a process by the policy and waits until it has gone: asked first, forced after the grace, killed at last. One that is suspended
 * goes on before: it would not hear that it is asked.
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

/** Variables every program expects, and no more. */
export function inheritedEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TZ'];
  const inherited = names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return { ...Object.fromEntries(inherited), ...CHILD_LOCALE };
}

/** Waits until the process has ended; false when it has not within the time. */
export async function gone(target: ProcessIdentity, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (isRunning(target)) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function tailOf(path: string, from: number): string {
  // Somebody may have cleaned the data folder away.
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
