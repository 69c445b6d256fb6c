import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { environmentName } from '../../src/cmd/app/config-environment.ts';
import { settings } from '../../src/cmd/app/config-problems.ts';
import type { Resources } from '../../src/cmd/app/shutdown.ts';
import { within } from '../../src/lib/deadline.ts';
import type { BenchEngines } from './engines.ts';

const ROOT = join(import.meta.dirname, '../..');
const STOP_TIMEOUT_MS = 15_000;
const KEPT_ERROR_CHARACTERS = 4_000;

/** Settings by path: `{ 'kafka.topic': 'orders' }`. */
export type AppSettings = Readonly<Record<string, string | number | boolean>>;

/** A process of the bench, with its output. */
export class Child {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #lines: string[] = [];
  readonly #exited: Promise<unknown>;
  #wake: (() => void) | undefined;
  #errors = '';

  private constructor(process: ChildProcess, name: string) {
    this.#process = process;
    this.#name = name;
    this.pid = process.pid ?? 0;
    this.#exited = once(process, 'exit').then(() => this.#wake?.());
    process.stderr?.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + String(chunk)).slice(-KEPT_ERROR_CHARACTERS);
    });
    if (process.stdout) {
      createInterface({ input: process.stdout }).on('line', (line) => {
        this.#lines.push(line);
        this.#wake?.();
      });
    }
  }

  /**
   * The service's real executable, of this work tree or of the one at `root`, with its default settings but for those
   * given; stopped when the bench ends.
   */
  static app(engines: BenchEngines, args: string[], given: AppSettings, resources: Resources, root = ROOT): Child {
    const all: AppSettings = {
      engines: 'off',
      'kafka.brokers': engines.brokers.join(','),
      'postgresql.url': engines.databaseUrl,
      'redis.url': engines.redisUrl,
      'log.level': 'warn',
      ...given,
    };
    const known = new Set(settings().map(({ path }) => path.join('.')));
    const env = withoutSettings();
    for (const [path, value] of Object.entries(all)) {
      if (!known.has(path)) throw new Error(`${path} is no setting`);
      env[environmentName(path.split('.'))] = String(value);
    }
    // PROFILE=FOLDER leaves a CPU profile of each process there.
    const profile = process.env['PROFILE'];
    if (profile !== undefined) env['BUN_OPTIONS'] = `--cpu-prof --cpu-prof-dir=${profile}`;
    const command = [join(root, 'test-service'), ...args];
    // Away from the repository, so that its config.yaml does not count.
    return Child.#start(command, args[0] ?? '', { env, cwd: engines.folder }, resources);
  }

  /** A script of this folder, given `input` as JSON in its first argument. */
  static script(name: string, input: unknown, resources: Resources): Child {
    const command = [process.execPath, join(import.meta.dirname, name), JSON.stringify(input)];
    return Child.#start(command, name, { env: withoutSettings() }, resources);
  }

  static #start(
    [program = '', ...args]: string[],
    name: string,
    options: { env: NodeJS.ProcessEnv; cwd?: string },
    resources: Resources,
  ): Child {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const started = new Child(child, name);
    resources.defer('work', name, () => started.stop());
    return started;
  }

  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** The next line it prints. @throws when it ends without one */
  async line(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      this.throwIfEnded();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Waits for its own end. @throws unless the exit code is 0 */
  async done(): Promise<void> {
    await this.#exited;
    if (this.#process.exitCode !== 0) this.#fail();
  }

  /** For a process that is to run on. */
  throwIfEnded(): void {
    if (this.ended) this.#fail();
  }

  /** Asks it to stop, and ends it when that takes too long. Idempotent. */
  async stop(): Promise<void> {
    if (this.ended) return;
    this.#process.kill('SIGTERM');
    await within(STOP_TIMEOUT_MS, this.#exited).catch(() => this.#process.kill('SIGKILL'));
    await this.#exited;
  }

  #fail(): never {
    const how = this.#process.signalCode ?? `exit code ${this.#process.exitCode}`;
    throw new Error(`${this.#name} ended with ${how}\n${this.#errors}`);
  }
}

/** How the shell has configured the service must not change what is measured. */
function withoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEST_SERVICE_')));
}
