import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The executable (`test-service`) passes them, too. */
const FLAGS = [`--config=${ROOT}bunfig.toml`, `--tsconfig-override=${ROOT}tsconfig.json`];

/**
 * The command that runs a script of this project as a child process. Bun gets the project's own settings; otherwise it
 * would read `.env`, `bunfig.toml` and `tsconfig.json` of the current folder and run the code they name.
 */
export function ownProcess(script: string, ...args: readonly string[]): [string, ...string[]] {
  return [process.execPath, ...FLAGS, script, ...args];
}

/**
 * The locale of child processes, instead of our own, which they may lack or which can't represent their paths: UTF-8,
 * with messages and dates in the form that programs expect.
 */
export const CHILD_LOCALE = { LC_ALL: 'C.UTF-8' } as const;
