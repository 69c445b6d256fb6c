import { messageOf } from '../../../lib/app-error.ts';
import { CacheUnusable } from '../../../storage/cache-trouble.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import type { Ailment, EngineTrouble, Probe } from '../orders/dependencies.ts';

export interface EngineStatus {
  readonly name: Probe['name'];
  readonly status: 'up' | 'down';
  readonly required: boolean;
  /** How long the engine took to answer; absent while it is down. */
  readonly latency_ms?: number;
  /** Of a cache that can't be used, whether it answers or not. */
  readonly in_use?: false;
  /** Why it can't be used, where that is known. */
  readonly reason?: EngineTrouble;
}

export interface Readiness {
  /** `degraded`: an engine is down that is not required. `unavailable`: a required one is. */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly engines: readonly EngineStatus[];
}

export interface ReadinessOptions {
  /** Time an engine may take to answer. */
  readonly timeoutMs?: number;
  /** How long an answer is good for, so that polling does not load the engines. */
  readonly keepMs?: number;
}

/** Looks at all engines at once. Lookups at the same time share one look. Never rejects. */
export function createReadiness(
  probes: readonly Probe[],
  logger: Logger,
  { timeoutMs = 1_000, keepMs = 500 }: ReadinessOptions = {},
): () => Promise<Readiness> {
  let latest: Promise<Readiness> | undefined;
  let expires = 0;
  const last = new Map<string, EngineStatus['status']>();

  const look = async (probe: Probe): Promise<{ engine: EngineStatus; fatal: boolean }> => {
    const { name, required } = probe;
    const from = performance.now();
    let reason: string | undefined;
    let trouble: EngineTrouble | undefined;
    let ailment: Ailment | undefined;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    try {
      ailment = await Promise.race([probe.check(), late]);
      reason = ailment?.reason;
      trouble = ailment?.trouble;
    } catch (error) {
      reason = messageOf(error);
      if (error instanceof CacheUnusable) trouble = error.trouble;
    } finally {
      clearTimeout(timer);
    }
    const status = reason === undefined ? 'up' : 'down';
    if (status === 'down' && last.get(name) !== 'down')
      logger.warn({ engine: name, reason }, 'engine is down');
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

  const lookAtAll = async (): Promise<Readiness> => {
    const looks = await Promise.all(probes.map(look));
    expires = performance.now() + keepMs;
    const engines = looks.map(({ engine }) => engine);
    if (looks.some(({ fatal }) => fatal)) return { status: 'unavailable', engines };
    return { status: engines.some(({ status }) => status === 'down') ? 'degraded' : 'ok', engines };
  };

  return () => {
    if (latest === undefined || performance.now() > expires) {
      // Until it is there, everyone waits for this one.
      expires = Number.POSITIVE_INFINITY;
      latest = lookAtAll();
    }
    return latest;
  };
}
