import { createInterface } from 'node:readline/promises';
import { AppError } from '../../lib/app-error.ts';

/** Asks on the terminal whether to do something that can't be undone. @throws AppError `usage` where nobody can answer, `aborted` for any answer but yes */
export async function confirm(deed: string): Promise<void> {
  if (process.stdin.isTTY !== true) throw new AppError('usage', `this would ${deed}; add --yes to do it`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${deed}? Type yes: `);
    if (answer.trim() !== 'yes') throw new AppError('aborted', 'nothing was changed');
  } finally {
    terminal.close();
  }
}
