import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  identify,
  isRunning,
  isSuspended,
  type ProcessIdentity,
  signalProcess,
  statOf,
} from './process-identity.ts';

const SUSPEND_MS = 2_000;
const POLL_MS = 5;

/**
 * The process and all that descend from it, parents first; none when it has ended. PostgreSQL has a process for each session, and
 * puts each into a session of its own, so that there is no group to signal.
 */
export function familyOf(root: ProcessIdentity): ProcessIdentity[] {
  if (!isRunning(root)) return [];
  const children = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const family = [root];
  for (const { pid } of family)
    for (const child of children.get(pid) ?? []) family.push(...identities(child.pid));
  return family;
}

/** SIGSTOP to the process and all that descend from it; resolves when it is suspended, or has ended. */
export async function suspendFamily(root: ProcessIdentity): Promise<void> {
  const stopped = new Set<number>();
  // One that is not stopped yet may have made another meanwhile.
  for (let fresh = familyOf(root); fresh.length > 0; fresh = familyOf(root).filter(isNew)) {
    for (const one of fresh) {
      signalProcess(one, 'SIGSTOP');
      stopped.add(one.pid);
    }
  }
  // The system takes its time over a process that is busy.
  const deadline = performance.now() + SUSPEND_MS;
  while (isRunning(root) && !isSuspended(root) && performance.now() < deadline) await sleep(POLL_MS);

  function isNew({ pid }: ProcessIdentity): boolean {
    return !stopped.has(pid);
  }
}

/** SIGCONT to the process and all that descend from it. */
export function resumeFamily(root: ProcessIdentity): void {
  // The parent last: it must not wait in vain for a child that it takes for stuck.
  for (const one of familyOf(root).toReversed()) signalProcess(one, 'SIGCONT');
}

/** SIGKILL to the process and all that descend from it; gives whom it was sent to. */
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
