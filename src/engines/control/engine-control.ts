import type {
  EngineAcceptance,
  EngineControl,
  EngineName,
  EngineOrder,
  EngineRefusal,
  EngineView,
  LastAction,
} from '../../contract/engine.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { lockPath, recordPath } from '../data-folder.ts';
import { defineEngines } from '../engines.ts';
import { acquireLock } from '../file-lock.ts';
import { isRunning, isSuspended } from '../processes.ts';
import type { EngineRecord } from '../record.ts';
import type { EngineDefinition, EngineSettings } from '../types.ts';
import {
  killEngine,
  pauseEngine,
  type RestartContext,
  resumeEngine,
  startEngine,
  stopKeepingUsers,
} from './actions.ts';
import { controllable, viewEngine } from './engine-view.ts';

/** How long to wait for another process, or for a start of this one. */
const LOCK_TIMEOUT_MS = 1_000;

/**
 * Stops, kills, suspends and restarts the engines that were started from this data folder, and no others. Their users
 * stay in the record: the last of them stops the engine, whatever its state.
 */
export class LocalEngineControl implements EngineControl {
  readonly #settings: EngineSettings;
  readonly #logger: Logger;
  readonly #engines: readonly EngineDefinition[];
  readonly #last = new Map<EngineName, LastAction>();
  readonly #underWay = new Map<EngineName, Promise<void>>();
  readonly #paused = new Set<EngineDefinition>();
  readonly #closing = new AbortController();

  /** @throws AppError `config_invalid` on an address without sense */
  constructor(settings: EngineSettings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
    this.#engines = defineEngines(settings);
  }

  list(): Promise<EngineView[]> {
    return Promise.all(this.#engines.map((engine) => this.#view(engine)));
  }

  async find(name: EngineName): Promise<EngineView> {
    return await this.#view(this.#definition(name));
  }

  async act(name: EngineName, order: EngineOrder): Promise<EngineAcceptance> {
    const engine = this.#definition(name);
    const { dataDir } = this.#settings;
    const before = controllable(engine, this.#settings);
    if (typeof before === 'string') return { accepted: false, why: before };
    if (this.#underWay.has(name) || this.#closing.signal.aborted) return { accepted: false, why: 'busy' };
    const begun = Promise.withResolvers<void>();
    this.#underWay.set(name, begun.promise);
    try {
      const unlock = await acquireLock(lockPath(dataDir, name), { timeoutMs: LOCK_TIMEOUT_MS });
      // It may have changed while another process had the lock.
      const record = controllable(engine, this.#settings);
      const why = typeof record === 'string' ? record : refusalOf(record, order);
      const late = unlock === undefined || this.#closing.signal.aborted;
      if (late || why !== undefined || typeof record === 'string') {
        unlock?.();
        return { accepted: false, why: why ?? 'busy' };
      }
      const done = this.#report(engine, record, order).finally(unlock);
      this.#underWay.set(name, done);
      const forget = (): void => void this.#underWay.delete(name);
      done.then(forget, forget);
      return { accepted: true, done };
    } finally {
      begun.resolve();
      if (this.#underWay.get(name) === begun.promise) this.#underWay.delete(name);
    }
  }

  /** Refuses further orders, aborts a start, awaits what is in progress, ends the pauses begun here. Never throws. */
  async close(): Promise<void> {
    this.#closing.abort();
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay.values());
    for (const engine of this.#paused) {
      const record = controllable(engine, this.#settings);
      if (typeof record !== 'string' && isSuspended(record.process))
        resumeEngine(record, recordPath(this.#settings.dataDir, engine.name));
    }
  }

  async #report(engine: EngineDefinition, record: EngineRecord, order: EngineOrder): Promise<void> {
    const { action } = order;
    const at = Date.now();
    const began = performance.now();
    const finish = (error?: string): void => {
      const tookMs = Math.round(performance.now() - began);
      this.#last.set(engine.name, { action, at, tookMs, error });
      this.#logger.info({ engine: engine.name, action, tookMs, error }, 'engine action finished');
    };
    this.#last.set(engine.name, { action, at, tookMs: undefined, error: undefined });
    try {
      await this.#perform(engine, record, order);
      finish();
    } catch (error) {
      finish(messageOf(error));
      throw error;
    }
  }

  async #perform(engine: EngineDefinition, record: EngineRecord, order: EngineOrder): Promise<void> {
    const context: RestartContext = {
      dataDir: this.#settings.dataDir,
      recordFile: recordPath(this.#settings.dataDir, engine.name),
      signal: this.#closing.signal,
      logger: this.#logger,
    };
    switch (order.action) {
      case 'stop':
        await stopKeepingUsers(engine, record, context);
        return;
      case 'kill':
        await killEngine(record, context);
        return;
      case 'start':
        await startEngine(engine, record, context);
        return;
      case 'restart':
        await startEngine(engine, await stopKeepingUsers(engine, record, context), context);
        return;
      case 'pause':
        this.#paused.add(engine);
        await pauseEngine(record, context.recordFile, order.forMs);
        return;
      case 'resume':
        resumeEngine(record, context.recordFile);
    }
  }

  #view(engine: EngineDefinition): Promise<EngineView> {
    return viewEngine(engine, this.#settings, this.#last.get(engine.name));
  }

  #definition(name: EngineName): EngineDefinition {
    const engine = this.#engines.find((one) => one.name === name);
    if (engine === undefined) throw new Error(`no engine ${name}`);
    return engine;
  }
}

function refusalOf(record: EngineRecord, { action }: EngineOrder): EngineRefusal | undefined {
  const needsIt = action === 'pause' || action === 'resume';
  return needsIt && !isRunning(record.process) ? 'not_running' : undefined;
}
