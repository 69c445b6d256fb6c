import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { identify, type ProcessIdentity } from '../../src/engines/processes.ts';
import { send } from './engine-under-fire.ts';

const MAIN = join(import.meta.dirname, '../../src/cmd/app/main.ts');

export interface AppProcessOptions {
  readonly args: readonly string[];
  /** Settings: TEST_SERVICE_… variables. None are taken from our own environment. */
  readonly settings: Readonly<Record<string, string>>;
  /** Its working folder, without a config.yaml. */
  readonly folder: string;
  /** Where its standard error is appended. */
  readonly logFile: string;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The real executable as a child process. */
export class AppProcess {
  /** What it has written to its standard output so far. */
  output = '';
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #identity: ProcessIdentity | undefined;

  constructor({ args, settings, folder, logFile }: AppProcessOptions) {
    const log = openSync(logFile, 'a');
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('TEST_SERVICE_'));
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { ...Object.fromEntries(own), ...settings },
      stdio: ['ignore', 'pipe', log],
    });
    closeSync(log);
    this.#child = child;
    this.#identity = identify(child.pid ?? 0);
    child.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    this.exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  send(signal: NodeJS.Signals): void {
    if (this.running && this.#identity !== undefined) send(this.#identity, signal);
  }

  /** SIGTERM, and SIGKILL when it has not ended in time. Resolves when it has ended. */
  async stop(timeoutMs: number): Promise<Exit & { readonly inTime: boolean }> {
    let inTime = true;
    this.send('SIGTERM');
    const timer = setTimeout(() => {
      inTime = false;
      this.kill();
    }, timeoutMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return { ...exit, inTime };
  }

  /** kill -9, frozen or not. */
  kill(): void {
    this.send('SIGKILL');
  }
}
