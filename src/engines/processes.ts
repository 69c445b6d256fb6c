import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHILD_LOCALE } from '../lib/own-process.ts';

/** Identifies a process even when a later one gets the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process only. */
  readonly startedAt: string;
}

/** The process that has this pid now; undefined when there is none, or only a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startedAtFromProc(pid) : startedAtFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** This process. */
export function identifySelf(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, startedAt: 'unknown' };
}

/** True while exactly this process runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt;
}

/** True while this process is stopped by SIGSTOP or by a terminal. */
export function isSuspended(identity: ProcessIdentity): boolean {
  if (!isRunning(identity)) return false;
  const state =
    process.platform === 'linux'
      ? statOf(identity.pid)?.state
      : spawnSync('ps', ['-o', 'state=', '-p', String(identity.pid)], { encoding: 'utf8' }).stdout?.trim();
  return state?.startsWith('T') === true;
}

/** Signals this process, never another that has got its pid. False when it has ended, or may not be signalled. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(target)) return false;
  try {
    return process.kill(target.pid, signal);
  } catch {
    // It ended in between.
    return false;
  }
}

/** Fields of /proc/PID/stat that follow the command, which may contain spaces and brackets. */
export function parseStat(stat: string): { state: string; parent: number; startTicks: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, startTicks] = [fields[0], Number(fields[1]), fields[19]];
  return state && startTicks ? { state, parent, startTicks } : undefined;
}

/** What /proc says about a process; undefined when it has ended. Linux only. */
function statOf(pid: number): ReturnType<typeof parseStat> {
  const stat = read(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : parseStat(stat);
}

function startedAtFromProc(pid: number): string | undefined {
  const parsed = statOf(pid);
  // A zombie has ended; in a container whose first process never reaps it stays for ever.
  if (!parsed || parsed.state === 'Z' || parsed.state === 'X') return undefined;
  // Ticks count from the boot, so the boot belongs to the identity.
  return `${read('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}:${parsed.startTicks}`;
}

function startedAtFromPs(pid: number): string | undefined {
  // Its dates follow the locale and the time zone.
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

const SUSPEND_MS = 2_000;
const SUSPEND_POLL_MS = 5;

/**
 * The process and all its descendants, parents first; empty when it has ended. PostgreSQL has one process per session,
 * each in a session of its own, so there is no process group to signal.
 */
export function familyOf(root: ProcessIdentity): ProcessIdentity[] {
  if (!isRunning(root)) return [];
  const children = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const family = [root];
  for (const { pid } of family) for (const child of children.get(pid) ?? []) family.push(...identities(child.pid));
  return family;
}

/** Sends SIGSTOP to the process and all its descendants. Resolves when all are suspended or have ended. */
export async function suspendFamily(root: ProcessIdentity): Promise<void> {
  const stopped: ProcessIdentity[] = [];
  const isNew = ({ pid }: ProcessIdentity): boolean => stopped.every((one) => one.pid !== pid);
  // A process that is not stopped yet may have started another one.
  for (let fresh = familyOf(root); fresh.length > 0; fresh = familyOf(root).filter(isNew)) {
    for (const one of fresh) signalProcess(one, 'SIGSTOP');
    stopped.push(...fresh);
  }
  // A busy process takes a while to stop.
  const deadline = performance.now() + SUSPEND_MS;
  const goesOn = (one: ProcessIdentity): boolean => isRunning(one) && !isSuspended(one);
  while (stopped.some(goesOn) && performance.now() < deadline) await sleep(SUSPEND_POLL_MS);
}

/** Sends SIGCONT to the process and all its descendants. */
export function resumeFamily(root: ProcessIdentity): void {
  // The parent last, so that it does not take a suspended child for a stuck one.
  for (const one of familyOf(root).toReversed()) signalProcess(one, 'SIGCONT');
}

/** Sends SIGKILL to the process and all its descendants; returns them. */
export function killFamily(root: ProcessIdentity): ProcessIdentity[] {
  const family = familyOf(root);
  for (const one of family) signalProcess(one, 'SIGKILL');
  return family;
}

function identities(pid: number): ProcessIdentity[] {
  const identity = identify(pid);
  return identity === undefined ? [] : [identity];
}

function allProcesses(): { pid: number; parent: number }[] {
  if (process.platform !== 'linux') return processesByPs();
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return names.map(Number).flatMap((pid) => {
    const stat = statOf(pid);
    return stat === undefined ? [] : [{ pid, parent: stat.parent }];
  });
}

function processesByPs(): { pid: number; parent: number }[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    return pid === undefined || parent === undefined ? [] : [{ pid, parent }];
  });
}

/** Programs that work on an engine's data; a backup that reads the folder is not one of them. */
const PROGRAMS = new Set(['initdb', 'postgres', 'java', 'redis-server']);
const END_STRAYS_MS = 10_000;
const STRAYS_POLL_MS = 20;

/**
 * Kills the programs that work in this folder, which each of them has as descriptor 3. They are left over from a start
 * that was killed before it recorded them. Linux only. Call it under the folder's lock, when nothing there should keep
 * running.
 */
export async function endStrays(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const place = realpathSync(folder);
  const deadline = performance.now() + END_STRAYS_MS;
  for (;;) {
    const strays = workingIn(place);
    if (strays.length === 0 || performance.now() > deadline) return;
    for (const one of strays) signalProcess(one, 'SIGKILL');
    await sleep(STRAYS_POLL_MS);
  }
}

function workingIn(folder: string): ProcessIdentity[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const here = readlinkSync(`/proc/${pid}/fd/3`) === folder;
      const known = here && PROGRAMS.has(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
      const identity = known ? identify(Number(pid)) : undefined;
      return identity === undefined ? [] : [identity];
    } catch {
      // It has ended, or belongs to another user.
      return [];
    }
  });
}
