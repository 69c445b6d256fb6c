import { readFileSync } from 'node:fs';
import { recordPath } from '../../src/engines/data-folder.ts';
import { launch } from '../../src/engines/launch.ts';
import { identify, identifySelf, isRunning, type ProcessIdentity } from '../../src/engines/processes.ts';
import { readRecord } from '../../src/engines/record.ts';
import type { EngineDefinition } from '../../src/engines/types.ts';
import { messageOf } from '../../src/lib/app-error.ts';
import { pause } from '../../src/lib/backoff.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { until } from '../helpers/until.ts';

export interface EngineUnderFireOptions {
  /** Where the engine was started from; its record is there. */
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}

/** However loaded the machine is, recovery after a kill does not take longer. */
const RESTART_LIMIT_MS = 240_000;
const PROBE_TIMEOUT_MS = 1_000;
const POLL_MS = 100;

/** A local engine that is killed, frozen, and started again on the same address and data. */
export class EngineUnderFire {
  readonly #engine: EngineDefinition;
  readonly #options: EngineUnderFireOptions;
  readonly #recordFile: string;
  readonly #frozen = new Map<number, ProcessIdentity>();
  /** Kills whose pause is not over. */
  #holds = 0;
  #starting: Promise<void> | undefined;

  constructor(engine: EngineDefinition, options: EngineUnderFireOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#recordFile = recordPath(options.dataDir, engine.name);
  }

  /**
   * kill -9 of the engine with all its processes, also of one that is just starting; resolves when it answers again.
   * One that is dead already is killed once it is started again; while several kills overlap it starts after the last
   * pause.
   */
  async kill(downMs: number): Promise<void> {
    const { signal } = this.#options;
    await until(() => signal.aborted || this.#processes().length > 0, RESTART_LIMIT_MS, 5);
    this.#holds += 1;
    const victims = this.#processes();
    for (const victim of victims) send(victim, 'SIGKILL');
    await until(() => !victims.some(isRunning), 20_000);
    await pause(downMs, signal);
    this.#holds -= 1;
    if (this.#holds === 0) await this.#start();
  }

  /** SIGSTOP to all its processes, SIGCONT after the time. */
  async freeze(forMs: number): Promise<void> {
    for (const one of this.#processes()) {
      this.#frozen.set(one.pid, one);
      send(one, 'SIGSTOP');
    }
    await pause(forMs, this.#options.signal);
    this.thaw();
  }

  /** SIGCONT to whatever is frozen. */
  thaw(): void {
    for (const one of this.#frozen.values()) send(one, 'SIGCONT');
    this.#frozen.clear();
  }

  async #start(): Promise<void> {
    this.#starting ??= this.#startUntilItRuns().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  async #startUntilItRuns(): Promise<void> {
    const { dataDir, signal, print } = this.#options;
    const [address] = this.#engine.addresses;
    if (address === undefined) throw new Error(`${this.#engine.name} has no address`);
    const deadline = performance.now() + RESTART_LIMIT_MS;
    while (this.#holds === 0 && !signal.aborted) {
      if (this.#processes().length > 0) {
        // A start that a kill has interrupted tries once more by itself, and may be done by now.
        if ((await this.#engine.probe(address, PROBE_TIMEOUT_MS)) === 'answers') return;
        if (performance.now() > deadline) throw new Error(`${this.#engine.name} does not answer`);
        await pause(POLL_MS, signal);
        continue;
      }
      try {
        const users = [identifySelf()];
        const context = { dataDir, recordFile: this.#recordFile, keep: false, users, signal };
        await launch(this.#engine, address, { ...context, step: () => {}, logger: silentLogger });
        return;
      } catch (error) {
        // Killed again while it was starting, as a rule.
        if (signal.aborted || this.#holds > 0) return;
        if (performance.now() > deadline) throw error;
        print(`          ${this.#engine.name} does not start, trying again: ${firstLine(messageOf(error))}`);
        await pause(500, signal);
      }
    }
  }

  /** The engine's process and its children: PostgreSQL has one for each session, in sessions of their own. */
  #processes(): ProcessIdentity[] {
    const main = readRecord(this.#recordFile)?.process;
    return main === undefined ? [] : [main, ...childrenOf(main.pid)];
  }
}

/** Signals the process unless the number belongs to another one by now. */
export function send(target: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(target)) return;
  try {
    process.kill(target.pid, signal);
  } catch {
    // It ended between the two lines.
  }
}

function childrenOf(pid: number): ProcessIdentity[] {
  return listChildren(pid).flatMap((child) => identify(child) ?? []);
}

function listChildren(pid: number): number[] {
  try {
    const path = `/proc/${pid}/task/${pid}/children`;
    return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    // No such list on this system, or the process has ended.
    const { stdout } = Bun.spawnSync(['ps', '-A', '-o', 'pid=,ppid=']);
    const rows = stdout
      .toString()
      .split('\n')
      .map((row) => row.trim().split(/\s+/).map(Number));
    return rows.flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
