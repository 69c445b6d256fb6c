import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second, whatever its own clock is (USER_HZ). */
const TICK_US = 10_000;
// Places in /proc/PID/stat, counted from the state, the first field behind the command.
const PARENT = 1;
const USER_TIME = 11;
const SYSTEM_TIME = 12;
const CHILDREN_USER_TIME = 13;
const CHILDREN_SYSTEM_TIME = 14;

/** CPU the process has used so far, its threads included, µs; undefined when it has ended. */
export function cpuOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields && (at(fields, USER_TIME) + at(fields, SYSTEM_TIME)) * TICK_US;
}

/** CPU of the process and of its children, those that have ended included, µs. */
export function cpuWithChildren(pid: number): number {
  const own = statOf(pid);
  if (own === undefined) return 0;
  let ticks = 0;
  for (const place of [USER_TIME, SYSTEM_TIME, CHILDREN_USER_TIME, CHILDREN_SYSTEM_TIME]) ticks += at(own, place);
  let micros = ticks * TICK_US;
  for (const child of childrenOf(pid)) micros += cpuOf(child) ?? 0;
  return micros;
}

/** CPU of those children of the process that have ended, µs. */
export function cpuOfEndedChildren(pid: number): number {
  const fields = statOf(pid) ?? [];
  return (at(fields, CHILDREN_USER_TIME) + at(fields, CHILDREN_SYSTEM_TIME)) * TICK_US;
}

/** The process and its children. */
export function processesOf(pid: number): number[] {
  return [pid, ...childrenOf(pid)];
}

export interface Memory {
  /** Resident now, MB (2^20 bytes). */
  readonly rssMb: number;
  /** The most that was ever resident, MB. */
  readonly peakMb: number;
}

/** What the process holds in memory; undefined when it has ended. */
export function memoryOf(pid: number): Memory | undefined {
  const status = read(`/proc/${pid}/status`);
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status ?? '')?.[1] ?? 0);
  if (kilobytes('VmRSS') === 0) return undefined;
  return { rssMb: kilobytes('VmRSS') / 1024, peakMb: kilobytes('VmHWM') / 1024 };
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const fields = statOf(pid);
      return fields !== undefined && at(fields, PARENT) === parent;
    });
}

function statOf(pid: number): string[] | undefined {
  const text = read(`/proc/${pid}/stat`);
  // The command stands in brackets and may itself hold some.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function at(fields: readonly string[], place: number): number {
  return Number(fields[place] ?? 0);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
