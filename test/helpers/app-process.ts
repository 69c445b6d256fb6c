import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unstalledNow } from './unstalled.ts';
import { until } from './until.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/cmd/app/main.ts');

export interface AppExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface AppOptions {
  /** TEST_SERVICE_* settings; those of the shell that runs the tests do not count. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; none by default. */
  readonly input?: string;
  readonly cwd?: string;
  /** In a process group of its own, for `killGroup`. */
  readonly group?: boolean;
}

const running = new Set<AppProcess>();

/** The real executable as a child process. */
export class AppProcess {
  readonly pid: number;
  /** Resolves when it has ended and its output is complete. */
  readonly exited: Promise<AppExit>;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;

  constructor(command: readonly string[], options: AppOptions) {
    const [program = '', ...args] = command;
    const { env = {}, input, cwd = ROOT, group = false } = options;
    this.#child = spawn(program, args, {
      cwd,
      env: { ...withoutSettings(process.env), ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: group,
    });
    this.#child.stdin?.end(input);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.pid = this.#child.pid ?? 0;
    running.add(this);
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        running.delete(this);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Sends a signal to the process alone. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal to its whole process group, as a terminal does. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Asks it to stop and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<AppExit & { readonly tookMs: number }> {
    const began = unstalledNow();
    this.kill(signal);
    const exit = await this.exited;
    return { ...exit, tookMs: unstalledNow() - began };
  }

  /** Resolves when standard error has said it; fails when it ends before. */
  async untilSaid(text: string, timeoutMs = 60_000): Promise<void> {
    await this.#until(() => this.stderr.includes(text), timeoutMs);
  }

  /** The line of JSON that `run`, `consume` and `serve` print with --json once they are up. */
  async untilUp(timeoutMs = 180_000): Promise<unknown> {
    await this.#until(() => this.stdout.includes('\n'), timeoutMs);
    return JSON.parse(this.stdout.slice(0, this.stdout.indexOf('\n')));
  }

  async #until(condition: () => boolean, timeoutMs: number): Promise<void> {
    await until(() => condition() || !running.has(this), timeoutMs, 20).catch((error: unknown) => {
      throw new Error(`it has said so far:\n${this.stderr}`, { cause: error });
    });
    if (!condition()) throw new Error(`it ended before that:\n${this.stderr}`);
  }
}

/** Starts `test-service ARGS`. */
export function startApp(args: readonly string[], options: AppOptions = {}): AppProcess {
  return new AppProcess([process.execPath, MAIN, ...args], options);
}

/** Starts any other program of the repository, under the same conditions. */
export function startProgram(command: readonly string[], options: AppOptions = {}): AppProcess {
  return new AppProcess(command, options);
}

/** Runs `test-service ARGS` to its end. */
export function runApp(args: readonly string[], options: AppOptions = {}): Promise<AppExit> {
  return startApp(args, options).exited;
}

/** Ends what a failed test has left running; for `afterEach`. */
export async function killRunning(): Promise<void> {
  const left = [...running];
  for (const one of left) one.kill('SIGKILL');
  await Promise.all(left.map((one) => one.exited));
}

/** Whether a process runs; one that has ended and is still to be reaped by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEST_SERVICE_')));
}
