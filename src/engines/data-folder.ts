import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../lib/app-error.ts';

/** Looks whether local engines can have their data there; makes nothing. @throws Error that says why not */
export function checkDataFolder(path: string): void {
  const there = nearest(path);
  const refuse = (why: string): Error =>
    new Error(`dataDir ${path} can't be written to (${why}): make it writable, or choose another folder`);
  if (!statSync(there).isDirectory()) throw refuse(`${there} is no folder`);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw refuse(messageOf(error));
  }
}

/** The path itself, or what of it there is. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}
