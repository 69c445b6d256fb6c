import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The executable (`test-service`) has them, too. */
const FLAGS = [`--config=${ROOT}bunfig.toml`, `--tsconfig-override=${ROOT}tsconfig.json`];

/**
 * The command that runs a script of this project as a process of its own. Bun is given the project's own settings, as it would
 * otherwise take `.env`, `bunfig.toml` and `tsconfig.json` of the current folder, and run the code they name.
 */
export function ownProcess(script: string, ...args: readonly string[]): [string, ...string[]] {
  return [process.execPath, ...FLAGS, script, ...args];
}

/**
 * What child processes get instead of our own locale, which they may lack or which can't hold their paths: everything in
 * UTF-8, messages and dates as programs expect them.
 */
export const CHILD_LOCALE = { LC_ALL: 'C.UTF-8' } as const;
