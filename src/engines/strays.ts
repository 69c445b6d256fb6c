import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, type ProcessIdentity, signalProcess } from './process-identity.ts';

/** Whatever works on an engine's data; a backup that reads the folder is none of them. */
const PROGRAMS = new Set(['initdb', 'postgres', 'java', 'redis-server']);
const END_MS = 10_000;
const POLL_MS = 20;

/**
 * Ends the programs that work in this folder, which each has as its descriptor 3: those of a start that was killed before it noted
 * them, or while they prepared its data. They would go on, and be in the way. Linux only; call it under the folder's lock, when
 * nothing that is to stay runs there.
 */
export async function endStrays(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const place = realpathSync(folder);
  const deadline = performance.now() + END_MS;
  for (;;) {
    const strays = workingIn(place);
    if (strays.length === 0 || performance.now() > deadline) return;
    for (const one of strays) signalProcess(one, 'SIGKILL');
    await sleep(POLL_MS);
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
      // It has ended, or is not ours to look at.
      return [];
    }
  });
}
