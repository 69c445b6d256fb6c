import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CHILD_LOCALE } from '../lib/own-process.ts';

/** A process that can be told from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process only. */
  readonly startedAt: string;
}

/** Who runs under this pid now; undefined when nobody does, or only a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startedAtFromProc(pid) : startedAtFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** This process. */
export function identifySelf(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, startedAt: 'unknown' };
}

/** True while that very process runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt;
}

/** True while that very process is stopped by SIGSTOP, or a terminal. */
export function isSuspended(identity: ProcessIdentity): boolean {
  if (!isRunning(identity)) return false;
  const state =
    process.platform === 'linux'
      ? statOf(identity.pid)?.state
      : spawnSync('ps', ['-o', 'state=', '-p', String(identity.pid)], { encoding: 'utf8' }).stdout?.trim();
  return state?.startsWith('T') === true;
}

/** Signals that very process: its number may have passed on to somebody else. False when it was not there, or is not ours to signal. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(target)) return false;
  try {
    return process.kill(target.pid, signal);
  } catch {
    // It ended between the two lines.
    return false;
  }
}

/** Fields of /proc/PID/stat after the command, which may itself hold spaces and brackets: state is the first. */
export function parseStat(stat: string): { state: string; parent: number; startTicks: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, startTicks] = [fields[0], Number(fields[1]), fields[19]];
  return state && startTicks ? { state, parent, startTicks } : undefined;
}

/** What /proc says of a process; undefined when it has ended. Linux only. */
export function statOf(pid: number): ReturnType<typeof parseStat> {
  const stat = read(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : parseStat(stat);
}

function startedAtFromProc(pid: number): string | undefined {
  const parsed = statOf(pid);
  // A zombie has ended; where nobody reaps (a container's first process) it would stay for ever.
  if (!parsed || parsed.state === 'Z' || parsed.state === 'X') return undefined;
  // Ticks count from the boot, so the boot belongs to the identity.
  return `${read('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}:${parsed.startTicks}`;
}

function startedAtFromPs(pid: number): string | undefined {
  // Its dates follow locale and time zone, and would tell a process from itself.
  const env = { ...process.env, ...CHILD_LOCALE, TZ: 'UTC' };
  const { stdout } = spawnSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8', env });
  const [, state, started] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout ?? '') ?? [];
  return started === undefined || state?.startsWith('Z') ? undefined : started;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
