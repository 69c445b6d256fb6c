import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import type { VerifyProgress, VerifyReport } from '../../contract/verification.ts';
import { AppError } from '../../lib/app-error.ts';
import { EXECUTABLE } from '../../lib/own-process.ts';
import type { VerificationOptions } from '../../server/api/verifications/runs.ts';
import { toEnvironment } from './config-environment.ts';
import type { Config } from './config-schema.ts';

const KILL_AFTER_MS = 5_000;
const KEPT_ERROR_CHARACTERS = 2_000;
const TELL_EVERY_MS = 200;

/**
 * Verifies in a process of its own, with less priority than lookups and the consumer have. It has this process's very
 * settings, through its environment, and lives no longer than this process.
 * @throws AppError `aborted` when the signal aborts, `verification_failed` with what the process said, when it could
 *   not finish
 */
export async function verifyInProcess(config: Config, options: VerificationOptions): Promise<VerifyReport> {
  const { wait, maxFindings, manifest, onProgress, signal } = options;
  const args = ['verify', '--json', '--wait', String(wait), '--max-findings', String(maxFindings)];
  if (manifest !== undefined) args.push('--manifest', '-');
  const child = spawn(EXECUTABLE, args, {
    env: { ...process.env, ...toEnvironment(config), TEST_SERVICE_LOG_LEVEL: 'silent' },
    stdio: [manifest === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'ipc'],
  });
  // One that ends early says why.
  child.stdin?.on('error', () => {});
  child.stdin?.end(manifest);
  yieldTo(child);
  child.on('message', (progress: VerifyProgress) => onProgress(progress));
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + String(chunk)).slice(-KEPT_ERROR_CHARACTERS);
  });
  let killer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const [output, [code, by]] = await Promise.all([
      child.stdout ? text(child.stdout) : '',
      // Not `exit`, which may come before all that it said is read.
      once(child, 'close'),
    ]);
    if (signal.aborted) throw new AppError('aborted', 'the verification was cancelled');
    return reportIn({ output, errors, end: by === null ? `exit code ${code}` : `${by}` });
  } finally {
    clearTimeout(killer);
    signal.removeEventListener('abort', stop);
  }
}

/**
 * The report that a process of `verify --json` wrote. `end`: how it ended, for people.
 * @throws AppError `verification_failed`
 */
export function reportIn(process: {
  readonly output: string;
  readonly errors: string;
  readonly end: string;
}): VerifyReport {
  const { output, errors, end } = process;
  // It is one line: one that does not end was cut off, as when the process was killed while it wrote.
  if (output.endsWith('\n')) return JSON.parse(output);
  throw new AppError('verification_failed', saidIn(errors) || `the process of the verification ended with ${end}`);
}

function yieldTo(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already: its end will tell.
  }
}

/** What is meant for people of what a command writes to standard error. */
function saidIn(errors: string): string {
  const at = errors.lastIndexOf('error: ');
  return at === -1 ? errors.trim() : errors.slice(at + 'error: '.length).trim();
}

/** The channel to the process that started this one. */
export interface Leash {
  /** Reports the progress, a few times a second at most. */
  readonly tell: (progress: VerifyProgress) => void;
  /** Lets go: this process may end when it likes. */
  close(): void;
}

/** The leash of a process that a server started: it ends with the server. Undefined for one started from a shell. */
export function openLeash(): Leash | undefined {
  if (process.send === undefined) return undefined;
  const gone = (): never => process.exit(1);
  if (!process.connected) gone();
  process.once('disconnect', gone);
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    tell: (progress) => {
      const now = performance.now();
      if (now - toldAt < TELL_EVERY_MS) return;
      toldAt = now;
      process.send?.(progress);
    },
    close: () => {
      process.off('disconnect', gone);
      if (process.connected) process.disconnect?.();
    },
  };
}
