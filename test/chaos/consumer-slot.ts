import { readFileSync, statSync } from 'node:fs';
import { pause } from '../../src/lib/backoff.ts';
import { until } from '../helpers/until.ts';
import { AppProcess, type AppProcessOptions, type Exit } from './app-process.ts';

/** Pause before a consumer that could not start (an engine is down) is started again. */
const RETRY_MS = 1_000;
/** A graceful stop has 8 s; the rest is for a machine that does much else, and for a freeze in between. */
const STOP_LIMIT_MS = 45_000;
/** A slot is without a process for the pause after a kill, and while it is scaled down. */
const PROCESS_LIMIT_MS = 90_000;
const IDLE_MS = 50;

/** One process of the slot, and what was done to it. */
interface Life {
  readonly process: AppProcess;
  killed: boolean;
  stopping: boolean;
  /** Pause between its end and the next start. */
  pauseMs: number;
}

/** The place of one consumer: whenever its process ends without having been asked to, another one is started. */
export class ConsumerSlot {
  readonly name: string;
  /** What no process may do: end by itself once it works, fail to end when it is asked to, end with an error. */
  readonly violations: string[] = [];
  starts = 0;
  /** Processes that ended before they were ready, because an engine was down at that moment. */
  failedStarts = 0;
  readonly #options: AppProcessOptions;
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  #life: Life | undefined;
  #wanted = false;

  constructor(name: string, options: AppProcessOptions) {
    this.name = name;
    this.#options = options;
    this.#running = this.#run();
  }

  get logFile(): string {
    return this.#options.logFile;
  }

  /** The process runs and has begun to work. */
  get ready(): boolean {
    const life = this.#alive;
    return life !== undefined && isReady(life.process);
  }

  /** From now on there is a process. */
  start(): void {
    this.#wanted = true;
  }

  /** kill -9 as soon as there is a process; the next one starts after the pause. False when none comes. */
  async kill(pauseMs: number): Promise<boolean> {
    const life = await this.#next();
    if (life === undefined) return false;
    life.killed = true;
    life.pauseMs = pauseMs;
    life.process.kill();
    await life.process.exited;
    return true;
  }

  /** SIGSTOP as soon as there is a process, SIGCONT after the time. False when none comes. */
  async freeze(forMs: number): Promise<boolean> {
    const life = await this.#next();
    if (life === undefined) return false;
    life.process.send('SIGSTOP');
    await pause(forMs, this.#closed.signal);
    life.process.send('SIGCONT');
    return true;
  }

  thaw(): void {
    this.#life?.process.send('SIGCONT');
  }

  /** Asks the process to stop, and resolves when it has; no other one is started until `start`. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const life = this.#alive;
    if (life === undefined) return;
    const wasReady = isReady(life.process);
    life.stopping = true;
    const before = statSync(this.logFile).size;
    const { inTime, ...exit } = await life.process.stop(STOP_LIMIT_MS);
    if (!inTime) this.#complain(life, `did not stop within ${STOP_LIMIT_MS / 1000} s`);
    else if (wasReady && exit.code !== 0 && !life.killed && !this.#saidWhatIsLeft(before))
      this.#complain(life, `stopped with ${text(exit)}`);
  }

  /** kill -9 for good. */
  async close(): Promise<void> {
    this.#closed.abort();
    if (this.#life !== undefined) this.#life.killed = true;
    this.#life?.process.kill();
    await this.#running;
  }

  get #alive(): Life | undefined {
    return this.#life?.process.running === true ? this.#life : undefined;
  }

  /** The process that runs, or the next to do so. */
  async #next(): Promise<Life | undefined> {
    const found = (): boolean => this.#alive !== undefined || this.#closed.signal.aborted;
    await until(found, PROCESS_LIMIT_MS).catch(() => {});
    return this.#alive;
  }

  async #run(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      if (!this.#wanted) {
        await pause(IDLE_MS, this.#closed.signal);
        continue;
      }
      const process = new AppProcess(this.#options);
      const life: Life = { process, killed: false, stopping: false, pauseMs: RETRY_MS };
      this.#life = life;
      this.starts += 1;
      const exit = await process.exited;
      if (!life.killed && !life.stopping) {
        if (isReady(process)) this.#complain(life, `ended by itself: ${text(exit)}`);
        else this.failedStarts += 1;
      }
      await pause(life.pauseMs, this.#closed.signal);
    }
  }

  /** With an engine away a stop leaves things undone: it says so, and ends with 1. */
  #saidWhatIsLeft(from: number): boolean {
    return readFileSync(this.logFile).subarray(from).includes('the time to stop was up');
  }

  #complain({ process }: Life, what: string): void {
    this.violations.push(`${this.name} (pid ${process.pid}) ${what}`);
  }
}

/** It says where everything is once it has begun to work. */
function isReady(process: AppProcess): boolean {
  return process.output.includes('\n');
}

function text({ code, signal }: Exit): string {
  return signal ?? `exit code ${code}`;
}
