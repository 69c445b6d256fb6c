import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { RunAs } from './types.ts';

export interface DetachedOptions extends RunAs {
  /** Where standard output and error go: to us, or to an open file. */
  readonly output: 'pipe' | number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Starts a program in a session of its own: signals of our terminal don't reach it, and it outlives us. A program that
 * can't be executed is told by the child's `error` event.
 */
export function spawnDetached(
  command: string,
  args: readonly string[],
  options: DetachedOptions,
): ChildProcess {
  const { output, env, user, folderAsDescriptor3: path } = options;
  const folder = path === undefined ? undefined : openSync(path, 'r');
  try {
    const stdio: SpawnOptions['stdio'] = ['ignore', output, output];
    if (folder !== undefined) stdio.push(folder);
    // Another user may have no way to the folder.
    const place = user ? { ...user, cwd: '/' } : path === undefined ? {} : { cwd: path };
    return spawn(command, args, { detached: true, env: { ...env }, stdio, ...place });
  } finally {
    // The child has its own by now.
    if (folder !== undefined) closeSync(folder);
  }
}
