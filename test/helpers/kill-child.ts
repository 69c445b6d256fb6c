import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** kill -9; resolves when the process is gone. */
export async function killChild(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
