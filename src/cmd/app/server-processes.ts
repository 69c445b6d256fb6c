import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { AppError } from '../../lib/app-error.ts';
import { Backoff, pause } from '../../lib/backoff.ts';
import { EXECUTABLE } from '../../lib/own-process.ts';
import type { ServerCounters, ServerCounts } from '../../server/api/counters.ts';
import type { Logger } from '../../telemetry/logger.ts';

const RESTART = { minMs: 200, maxMs: 10_000 };
/** One that lived so long was well: the next is started without a longer pause. */
const WELL_MS = 60_000;
/** So often a process tells the first one what it has counted. */
const COUNTS_EVERY_MS = 1_000;

/** What a process tells the first one: that it serves, and then what it has counted. */
type Report = { readonly up: true } | { readonly counts: ServerCounts };

export interface ServerProcessesOptions {
  /** How many beside this one. */
  readonly count: number;
  /** Path of the socket on which this process takes what others pass on to it. */
  readonly firstProcess: string;
  /** Options of the command line they are to have, too. */
  readonly args: readonly string[];
  /** Told of what each of them has counted since it last told. */
  readonly onCounts: (counts: ServerCounts) => void;
  readonly logger: Logger;
}

/**
 * More processes that serve on this one's port. One that dies is replaced. They live no longer than this process,
 * however it ends: the channel to it is their leash.
 */
export class ServerProcesses {
  readonly #options: ServerProcessesOptions;
  readonly #children = new Set<ChildProcess>();
  readonly #stop = new AbortController();
  #keepers: Promise<void>[] = [];

  constructor(options: ServerProcessesOptions) {
    this.#options = options;
  }

  /** Resolves when all of them serve, or when they are stopped before. */
  async start(): Promise<void> {
    const up = Array.from({ length: this.#options.count }, () => Promise.withResolvers<void>());
    this.#keepers = up.map(({ resolve }) => this.#keep(resolve));
    await Promise.all(up.map(({ promise }) => promise));
  }

  /** Lets them end what is under way; each ends itself in the time it has for that. Idempotent. */
  stop(): void {
    this.#stop.abort();
    for (const child of this.#children) if (child.connected) child.disconnect();
  }

  /** Stops them and resolves when all have ended; what has not by `deadlineMs` is killed. */
  async close(deadlineMs: number): Promise<void> {
    this.stop();
    const timer = setTimeout(() => {
      for (const child of this.#children) child.kill('SIGKILL');
    }, deadlineMs);
    await Promise.all(this.#keepers);
    clearTimeout(timer);
  }

  async #keep(onUp: () => void): Promise<void> {
    const { signal } = this.#stop;
    const backoff = new Backoff(RESTART);
    while (!signal.aborted) {
      const from = performance.now();
      const [code, by] = await this.#run(onUp);
      if (signal.aborted) break;
      if (performance.now() - from > WELL_MS) backoff.reset();
      const pauseMs = Math.round(backoff.next());
      this.#options.logger.warn({ code, signal: by, pauseMs }, 'a server process has ended; another follows');
      await pause(pauseMs, signal);
    }
    onUp();
  }

  async #run(onUp: () => void): Promise<unknown[]> {
    const { firstProcess, args, onCounts } = this.#options;
    const child = spawn(EXECUTABLE, ['serve', '--beside', firstProcess, ...args], {
      // The engines are up, and what is started locally belongs to the first process.
      env: { ...process.env, TEST_SERVICE_ENGINES: 'off' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#children.add(child);
    child.on('message', (report: Report) => {
      if ('up' in report) onUp();
      else onCounts(report.counts);
    });
    try {
      return await once(child, 'exit');
    } finally {
      this.#children.delete(child);
    }
  }
}

/** @throws AppError `config_invalid` where several processes can't share a port as Linux lets them */
export function checkProcesses(count: number): void {
  if (count === 1 || process.platform === 'linux') return;
  throw new AppError('config_invalid', `server.processes is ${count}: more than one share a port on Linux only`);
}

/** Resolves when the first process, whose leash this one is on, has let go or is gone. */
export function firstProcessGone(): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve();
    process.once('disconnect', resolve);
  });
}

/** Tells the first process that this one serves, and from then on what it counts; the counters are empty afterwards. */
export function reportToFirst(counters: ServerCounters): void {
  const report = (one: Report) => {
    if (process.connected) process.send?.(one);
  };
  report({ up: true });
  const timer = setInterval(() => {
    const counts = counters.take();
    if (counts !== undefined) report({ counts });
  }, COUNTS_EVERY_MS);
  timer.unref();
}
