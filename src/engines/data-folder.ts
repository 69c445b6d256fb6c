import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EngineName } from '../contract/engine.ts';
import { messageOf } from '../lib/app-error.ts';

/** Checks that local engines can have their data there, and creates nothing. @throws Error that says why they can't */
export function checkDataFolder(path: string): void {
  const there = nearest(path);
  const refuse = (why: string): Error =>
    new Error(`dataDir ${path} can't be written to (${why}): make it writable, or use another folder`);
  if (!statSync(there).isDirectory()) throw refuse(`${there} is not a folder`);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw refuse(messageOf(error));
  }
}

/** The path itself, or its nearest parent that exists. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

/** Creates the folder if missing, and closes it to other users: it holds orders, or locks that they could hold. */
export function privateFolder(path: string): void {
  // Its parents stay open: a program of another user may have to pass through them.
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(path);
  if ((mode & 0o077) !== 0 && [uid, 0].includes(process.getuid?.() ?? -1)) chmodSync(path, 0o700);
}

/** The folder of the engine's data. */
export function engineFolder(dataDir: string, engine: EngineName): string {
  return join(dataDir, engine);
}

/** The engine's log. */
export function logFileOf(dataDir: string, engine: EngineName): string {
  return join(dataDir, 'logs', `${engine}.log`);
}

/** The engine's record. */
export function recordPath(dataDir: string, engine: EngineName): string {
  return join(dataDir, 'run', `${engine}.json`);
}

/** The lock to hold while the engine's record is read to be changed. */
export function lockPath(dataDir: string, engine: EngineName): string {
  return join(dataDir, 'run', `${engine}.lock`);
}
