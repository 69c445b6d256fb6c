import { messageOf } from '../../../lib/app-error.ts';
import { within } from '../../../lib/deadline.ts';
import { type CacheTrouble, CacheUnusable } from '../../../storage/cache-trouble.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import type { EngineReadiness, ReadinessJson } from '../schemas.ts';

/** A check of one engine. */
export interface Probe {
  readonly name: EngineReadiness['name'];
  /** True when the service can't do its work without it. */
  readonly required: boolean;
  /**
   * Resolves when the engine answers, with what it can't do nevertheless, if anything; any rejection means it does not
   * answer.
   */
  check(): Promise<Ailment | undefined>;
}

/** Why an engine can't be used; `storing_waits`: orders wait to be stored. */
type EngineTrouble = CacheTrouble | 'storing_waits';

/** What an engine that answers can't do. */
export interface Ailment {
  readonly trouble: EngineTrouble;
  /** In words, for the log. */
  readonly reason: string;
  /** This process has something to do without it, too. */
  readonly bearable: boolean;
}

export interface ReadinessOptions {
  /** Time an engine may take to answer. */
  readonly timeoutMs?: number;
  /** How long an answer is reused, so that polling does not load the engines. */
  readonly keepMs?: number;
}

/** Checks all engines at once. Calls at the same time share one check. Never rejects. */
export function createReadiness(
  probes: readonly Probe[],
  logger: Logger,
  { timeoutMs = 1_000, keepMs = 500 }: ReadinessOptions = {},
): () => Promise<ReadinessJson> {
  let latest: Promise<ReadinessJson> | undefined;
  let expires = 0;
  const last = new Map<string, EngineReadiness['status']>();

  const look = async (probe: Probe): Promise<{ engine: EngineReadiness; fatal: boolean }> => {
    const { name, required } = probe;
    const from = performance.now();
    let reason: string | undefined;
    let trouble: EngineTrouble | undefined;
    let ailment: Ailment | undefined;
    try {
      ailment = await within(timeoutMs, probe.check());
      reason = ailment?.reason;
      trouble = ailment?.trouble;
    } catch (error) {
      reason = messageOf(error);
      if (error instanceof CacheUnusable) trouble = error.trouble;
    }
    const status = reason === undefined ? 'up' : 'down';
    if (status === 'down' && last.get(name) !== 'down') logger.warn({ engine: name, reason }, 'engine is down');
    if (status === 'up' && last.get(name) === 'down') logger.info({ engine: name }, 'engine is up again');
    last.set(name, status);
    const latencyMs = Math.round((performance.now() - from) * 100) / 100;
    return {
      engine: {
        name,
        status,
        required,
        ...(status === 'up' && { latency_ms: latencyMs }),
        ...(name === 'redis' && trouble !== undefined && { in_use: false }),
        ...(trouble !== undefined && { reason: trouble }),
      },
      fatal: status === 'down' && required && ailment?.bearable !== true,
    };
  };

  const lookAtAll = async (): Promise<ReadinessJson> => {
    const looks = await Promise.all(probes.map(look));
    expires = performance.now() + keepMs;
    const engines = looks.map(({ engine }) => engine);
    if (looks.some(({ fatal }) => fatal)) return { status: 'unavailable', engines };
    return { status: engines.some(({ status }) => status === 'down') ? 'degraded' : 'ok', engines };
  };

  return () => {
    if (latest === undefined || performance.now() > expires) {
      // Until it settles, everyone waits for this one.
      expires = Number.POSITIVE_INFINITY;
      latest = lookAtAll();
    }
    return latest;
  };
}
