import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { AppError, messageOf } from '../lib/app-error.ts';
import { inheritedEnvironment } from './daemon.ts';
import { spawnDetached } from './spawn.ts';
import type { RunAs } from './types.ts';

export interface Requirement {
  /** What it is called in messages. */
  readonly title: string;
  /** The Debian command that installs it. */
  readonly install: string;
}

/**
 * The version a program prints, as the pattern's first group finds it.
 * @throws AppError `engine_missing` when there is no such program, or it doesn't run; says how to get it.
 */
export function programVersion(
  command: string,
  args: readonly string[],
  pattern: RegExp,
  requirement: Requirement,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { encoding: 'utf8', timeout: 20_000, env: inheritedEnvironment() },
      (error, stdout, stderr) => {
        const version = pattern.exec(`${stdout}\n${stderr}`)?.[1];
        if (version !== undefined) resolve(version);
        else reject(missing(command, requirement, error));
      },
    );
  });
}

/** The error that says what to install. */
export function missing(command: string, { title, install }: Requirement, cause: unknown): AppError {
  const why = complaint(cause);
  const message =
    `${title} is needed to start it locally, but ${command} ${why}. On Debian or Ubuntu: ${install}. ` +
    'Or start the engines with Docker: docker-compose up -d.';
  return new AppError('engine_missing', message, { cause });
}

function complaint(cause: unknown): string {
  if (!(cause instanceof Error)) return 'is another version';
  return 'code' in cause && cause.code === 'ENOENT'
    ? 'is not installed'
    : `does not run (${messageOf(cause)})`;
}

export interface RunOptions extends Requirement, RunAs {
  /** Begins the message of a failure. */
  readonly purpose: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The few variables every program expects by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs a program to its end, in a process group of its own that is killed when the signal aborts or the time is up.
 * @throws AppError `engine_missing`, `engine_start_failed` (with the end of its output), `aborted`
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<void> {
  const { purpose, timeoutMs, signal } = options;
  if (signal.aborted) throw new AppError('aborted', 'the start was interrupted', { cause: signal.reason });
  const child = spawnDetached(command, args, { output: 'pipe', env: inheritedEnvironment(), ...options });
  const output: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => output.push(chunk));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const kill = (): void => killGroup(child.pid);
  limit.addEventListener('abort', kill);
  try {
    const [code, killedBy] = await once(child, 'close').catch((cause: unknown) => {
      throw missing(command, options, cause);
    });
    if (code === 0) return;
    if (signal.aborted) throw new AppError('aborted', 'the start was interrupted', { cause: signal.reason });
    const why = limit.aborted ? `no end after ${timeoutMs / 1000} s` : (killedBy ?? `exit code ${code}`);
    throw new AppError('engine_start_failed', `${purpose} (${command}: ${why}).${lastLines(output)}`);
  } finally {
    limit.removeEventListener('abort', kill);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function lastLines(output: Buffer[]): string {
  const lines = Buffer.concat(output).toString('utf8').trim().split('\n').slice(-12);
  return lines.join('') === '' ? '' : `\n${lines.join('\n')}`;
}
