import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the folder, where it is missing, and closes it to other users: it holds orders, or locks that others could keep. */
export function privateFolder(path: string): void {
  // Not its parents: a program of another user may have to pass through them.
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(path);
  if ((mode & 0o077) !== 0 && [uid, 0].includes(process.getuid?.() ?? -1)) chmodSync(path, 0o700);
}
