import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { AppError, messageOf } from '../lib/app-error.ts';
import { CHILD_LOCALE } from '../lib/own-process.ts';
import type { RunAs } from './types.ts';

export interface DetachedOptions extends RunAs {
  /** Where standard output and error go: to us, or to an open file. */
  readonly output: 'pipe' | number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Starts a program in a session of its own, so that signals of our terminal don't reach it and it outlives us. When it
 * can't be executed, the child emits `error`.
 */
export function spawnDetached(command: string, args: readonly string[], options: DetachedOptions): ChildProcess {
  const { output, env, user, folderAsDescriptor3: path } = options;
  const folder = path === undefined ? undefined : openSync(path, 'r');
  try {
    const stdio: SpawnOptions['stdio'] = ['ignore', output, output];
    if (folder !== undefined) stdio.push(folder);
    // Another user may not reach the folder.
    const place = user ? { ...user, cwd: '/' } : path === undefined ? {} : { cwd: path };
    return spawn(command, args, { detached: true, env: { ...env }, stdio, ...place });
  } finally {
    // The child has its own copy by now.
    if (folder !== undefined) closeSync(folder);
  }
}

/** The few variables that every program expects; ours may hold secrets, or settings that change what it does. */
export function inheritedEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TZ'];
  const inherited = names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return { ...Object.fromEntries(inherited), ...CHILD_LOCALE };
}

export interface Requirement {
  /** Its name in messages. */
  readonly title: string;
  /** The packages that have it. */
  readonly debian: string;
  readonly homebrew: string;
}

/**
 * The version that a program prints: the first group of the pattern.
 * @throws AppError `engine_missing` when the program is missing or doesn't run; says how to install it
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

/** An error that says what to install. */
export function missing(command: string, { title, debian, homebrew }: Requirement, cause: unknown): AppError {
  const why = complaint(cause);
  const message =
    `${title} is needed to start it locally, but ${command} ${why}. On Debian or Ubuntu: apt-get install ${debian}; ` +
    `on macOS: brew install ${homebrew}. ` +
    'Or start the engines with Docker: docker-compose up -d.';
  return new AppError('engine_missing', message, { cause });
}

function complaint(cause: unknown): string {
  if (!(cause instanceof Error)) return 'is another version';
  return 'code' in cause && cause.code === 'ENOENT' ? 'is not installed' : `does not run (${messageOf(cause)})`;
}

export interface RunOptions extends Requirement, RunAs {
  /** The beginning of an error message. */
  readonly purpose: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** `inheritedEnvironment()` by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs a program to its end, in a process group of its own, which is killed when the signal aborts or the time is up.
 * @throws AppError `engine_missing`, `engine_start_failed` (with the end of its output), `aborted`
 */
export async function runProgram(command: string, args: readonly string[], options: RunOptions): Promise<void> {
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
    const why = limit.aborted ? `still running after ${timeoutMs / 1000} s` : (killedBy ?? `exit code ${code}`);
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
