import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ShareReport, VerifyProgress, VerifyReport } from '../../contract/verification.ts';
import { AppError } from '../../lib/app-error.ts';
import { EXECUTABLE } from '../../lib/own-process.ts';
import type { VerificationOptions } from '../../server/api/verifications/runs.ts';
import type { OrderEvidence } from '../../verify/order-evidence.ts';
import { readShare } from '../../verify/share-file.ts';
import { toEnvironment } from './config-environment.ts';
import type { Config } from './config-schema.ts';

const KILL_AFTER_MS = 5_000;
const KEPT_ERROR_CHARACTERS = 2_000;
const TELL_EVERY_MS = 200;

interface Task<T> {
  /** Of `verify`. */
  readonly args: readonly string[];
  readonly input: string | undefined;
  readonly read: (output: Readable) => Promise<T>;
  readonly onProgress: (progress: VerifyProgress) => void;
  readonly signal: AbortSignal;
}

interface Ended<T> {
  readonly output: T;
  readonly errors: string;
  /** How it ended, for people. */
  readonly end: string;
}

/**
 * Verifies in a process of its own, with less priority than lookups and the consumer have, and on one CPU.
 * @throws AppError `aborted` when the signal aborts, `verification_failed` with what the process said, when it could
 *   not finish
 */
export async function verifyInProcess(config: Config, options: VerificationOptions): Promise<VerifyReport> {
  const { wait, maxFindings, manifest, onProgress, signal } = options;
  const args = ['--json', '--processes', '1', '--wait', String(wait), '--max-findings', String(maxFindings)];
  if (manifest !== undefined) args.push('--manifest', '-');
  return reportIn(await runVerify(config, { args, input: manifest, read: text, onProgress, signal }, yieldTo));
}

/** A share that a process of its own verifies, at a snapshot of the database that this process holds. */
export interface ShareJob {
  readonly snapshot: string;
  readonly partitions: readonly number[];
  /** What was to be stored at least, by partition. */
  readonly ends: readonly (readonly [partition: number, end: number])[];
}

/** @throws as `verifyInProcess` does */
export async function verifyShareInProcess(
  config: Config,
  job: ShareJob,
  task: Pick<Task<unknown>, 'args' | 'onProgress' | 'signal'>,
  orders: OrderEvidence,
): Promise<ShareReport> {
  const { output, errors, end } = await runVerify(config, {
    ...task,
    args: [...task.args, '--share'],
    input: JSON.stringify(job),
    read: (bytes) => readShare(bytes, orders),
  });
  if (output !== undefined) return output;
  throw new AppError('verification_failed', saidIn(errors) || `a process of the verification ended with ${end}`);
}

/** A process of `verify` has this process's very settings, through its environment, and lives no longer. */
async function runVerify<T>(
  config: Config,
  { args, input, read, onProgress, signal }: Task<T>,
  onStart: (child: ChildProcess) => void = () => {},
): Promise<Ended<T>> {
  const child = spawn(EXECUTABLE, ['verify', ...args], {
    env: { ...process.env, ...toEnvironment(config), TEST_SERVICE_LOG_LEVEL: 'silent' },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'ipc'],
  });
  // One that ends early says why.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  onStart(child);
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
  // Not `exit`, which may come before all that it said is read.
  const closed = once(child, 'close');
  closed.catch(() => {});
  try {
    const [output, [code, by]] = await Promise.all([read(child.stdout ?? Readable.from([])), closed]);
    if (signal.aborted) throw new AppError('aborted', 'the verification was cancelled');
    return { output, errors, end: by === null ? `exit code ${code}` : `${by}` };
  } catch (error) {
    // What can't be read ends it, and what it has started.
    child.kill('SIGKILL');
    throw error;
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
