import { join } from 'node:path';

/** The folder of the program's own files: the checkout, the npm package, or what the compiled executable holds. */
export const ROOT = Bun.isStandaloneExecutable ? import.meta.dirname : join(import.meta.dirname, '../..');

/**
 * What people call, and what this program runs for a process of its own: the compiled executable, or the script that
 * finds Bun and keeps it from running what the current folder and the shell's environment name.
 */
export const EXECUTABLE = Bun.isStandaloneExecutable ? process.execPath : join(ROOT, 'test-service');

/**
 * The locale of child processes, instead of our own, which they may lack or which can't represent their paths: UTF-8,
 * with messages and dates in the form that programs expect.
 */
export const CHILD_LOCALE = { LC_ALL: 'C.UTF-8' } as const;
