import type { EngineName } from '../contract/engine.ts';
import { formatAddress } from '../lib/address.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Acquired, acquireEngine, releaseEngine, removeEngine } from './acquire.ts';
import { startableAt } from './availability.ts';
import { keepLogsShort } from './daemon.ts';
import { logFileOf } from './data-folder.ts';
import { defineKafka } from './kafka/kafka.ts';
import { definePostgresql } from './postgresql/postgresql.ts';
import { defineRedis } from './redis.ts';
import type { EngineDefinition, EngineOwner, EngineSettings, ProgressListener } from './types.ts';

export interface EnsureOptions {
  readonly logger: Logger;
  /** run: `close` of the last process that uses them stops them. up: they are kept until `stopEngines`. */
  readonly owner: EngineOwner;
  readonly onProgress?: ProgressListener;
  /** Of the three, only these; all by default. */
  readonly needs?: readonly EngineName[];
  /** Engines that need not answer where no local one may be started; the optional ones need not with local engines off. */
  readonly goWithout?: readonly EngineName[];
  /** Aborts the start: what this call started is stopped again. */
  readonly signal?: AbortSignal;
}

export interface EngineUse {
  readonly engine: EngineName;
  readonly address: string;
  readonly state: Acquired['state'];
  /** Why it refuses us, of one that is absent. */
  readonly refusal?: string;
  /** Why it can't be asked now, of one that is absent. */
  readonly outage?: string;
  /** Of an engine that was started from this data folder. */
  readonly version?: string;
  readonly pid?: number;
}

export interface EnginesHandle {
  readonly statuses: readonly EngineUse[];
  /**
   * Releases the engines. Local ones that nobody else uses are stopped, all at once, and forced to after their grace
   * period, or after `graceMs` if that is less. Never throws, idempotent.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Resolves when PostgreSQL, Kafka and Redis answer where the settings say. Those that answer are used, the others are
 * started locally, all at the same time. With local engines off, Redis need not answer: it is only a cache.
 * @throws AppError `engine_unavailable`, `engine_missing`, `engine_start_failed`, `port_in_use`, `aborted`,
 *   `config_invalid`; nothing that this call started keeps running then
 */
export async function ensureEngines(settings: EngineSettings, options: EnsureOptions): Promise<EnginesHandle> {
  const { needs } = options;
  const engines = defineEngines(settings).filter(({ name }) => needs?.includes(name) !== false);
  const failure = new AbortController();
  const signal = AbortSignal.any(options.signal ? [options.signal, failure.signal] : [failure.signal]);
  const results = await Promise.allSettled(
    engines.map(async (engine) => {
      try {
        return { engine, acquired: await acquire(engine, settings, options, signal) };
      } catch (error) {
        // Without this one the others need not be started, which may include a long download.
        failure.abort(error);
        throw explain(engine, error);
      }
    }),
  );
  const acquired = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const ours = acquired.filter((one) => one.acquired.record).map((one) => one.engine);
  if (errors.length === 0) {
    const stopRotation = keepLogsShort(ours.map(({ name }) => logFileOf(settings.dataDir, name)));
    const close = closeOnce(options.owner === 'run' ? ours : [], settings, options.logger);
    return {
      statuses: acquired.map((one) => describe(one.engine, one.acquired)),
      close: (graceMs) => {
        stopRotation();
        return close(graceMs);
      },
    };
  }
  const undo = options.owner === 'run' ? ours : startedNow(acquired);
  await Promise.allSettled(undo.map((engine) => undoStart(engine, settings, options)));
  throw combine(errors);
}

/** Stops the engines started from this data folder, whoever uses them; returns the names of those that ran. */
export async function stopEngines(settings: EngineSettings, logger: Logger): Promise<EngineName[]> {
  const engines = defineEngines(settings);
  const stopped = await Promise.all(engines.map((engine) => removeEngine(engine, settings.dataDir, logger)));
  return engines.filter((_, index) => stopped[index]).map((engine) => engine.name);
}

async function acquire(
  engine: EngineDefinition,
  settings: EngineSettings,
  { owner, goWithout = [], onProgress, logger }: EnsureOptions,
  signal: AbortSignal,
): Promise<Acquired> {
  const started = performance.now();
  const step = (text: string): void => onProgress?.({ engine: engine.name, step: text });
  const acquired = await acquireEngine(engine, {
    settings,
    owner,
    goWithout: goWithout.includes(engine.name)
      ? startableAt(engine, settings.mode) === undefined
      : engine.optional && settings.mode === 'off',
    step,
    signal,
    logger,
  });
  const tookMs = Math.round(performance.now() - started);
  if (acquired.refusal !== undefined)
    logger.warn(describe(engine, acquired), 'engine refuses us; going on without it until it does not');
  else if (acquired.state === 'absent')
    logger.warn(describe(engine, acquired), 'engine does not answer; going on without it until it does');
  else logger.info({ ...describe(engine, acquired), tookMs }, 'engine ready');
  return acquired;
}

function describe(engine: EngineDefinition, { address, state, refusal, outage, record }: Acquired): EngineUse {
  const ours = record ? { version: record.version, pid: record.process.pid } : {};
  return {
    engine: engine.name,
    address: formatAddress(address),
    state,
    ...(refusal !== undefined && { refusal }),
    ...(outage !== undefined && { outage }),
    ...ours,
  };
}

function closeOnce(engines: EngineDefinition[], settings: EngineSettings, logger: Logger): EnginesHandle['close'] {
  let closing: Promise<void> | undefined;
  const close = async (longestMs: number): Promise<void> => {
    const hurried = engines.map((engine) => ({
      ...engine,
      stop: { ...engine.stop, graceMs: Math.min(engine.stop.graceMs, longestMs) },
    }));
    const outcomes = await Promise.allSettled(hurried.map((engine) => releaseEngine(engine, settings.dataDir, logger)));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        logger.error({ error: messageOf(outcome.reason) }, 'engine could not be stopped');
      }
    }
  };
  return (graceMs = Number.POSITIVE_INFINITY) => {
    closing ??= close(graceMs);
    return closing;
  };
}

function startedNow(acquired: { engine: EngineDefinition; acquired: Acquired }[]): EngineDefinition[] {
  return acquired.filter((one) => one.acquired.state === 'started').map((one) => one.engine);
}

function undoStart(engine: EngineDefinition, settings: EngineSettings, options: EnsureOptions): Promise<boolean> {
  const undo = options.owner === 'run' ? releaseEngine : removeEngine;
  return undo(engine, settings.dataDir, options.logger);
}

/** An error of the system (a folder that can't be written, a full disk) must say which engine's start it was. */
function explain(engine: EngineDefinition, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError('engine_start_failed', `${engine.title} did not start: ${messageOf(cause)}`, { cause });
}

/** The code of the first failure and the messages of all, except aborts that only followed from another failure. */
function combine(errors: unknown[]): unknown {
  const causes = errors.filter((error) => !(error instanceof AppError && error.code === 'aborted'));
  const [first, ...more] = causes.length > 0 ? causes : errors;
  if (!(first instanceof AppError) || more.length === 0) return first;
  const { code, retryable } = first;
  return new AppError(code, [first, ...more].map(messageOf).join('\n'), { cause: first, retryable });
}

/** The three engines as the settings describe them. @throws AppError `config_invalid` for an invalid address */
export function defineEngines(settings: EngineSettings): EngineDefinition[] {
  const { postgresqlUrl, postgresqlSecured, brokers, probeSecuredKafka, redisUrl, redisPasswordInFile } = settings;
  return [
    definePostgresql(postgresqlUrl, postgresqlSecured),
    defineKafka(brokers, probeSecuredKafka),
    defineRedis(redisUrl, redisPasswordInFile),
  ];
}
