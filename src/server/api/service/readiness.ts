import { AppError, messageOf } from '../../../lib/app-error.ts';
import { within } from '../../../lib/deadline.ts';
import { type CacheTrouble, CacheUnusable } from '../../../storage/cache-trouble.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import type { EngineReadiness, ReadinessJson, RoleReadiness } from '../schemas.ts';

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

/** A check of a role of this process. */
export interface RoleCheck {
  readonly name: RoleReadiness['name'];
  /** True when the process is there for this role alone. */
  readonly required: boolean;
  /** Resolves with why it does not do its work; undefined when it does. A rejection: nobody can tell. */
  check(): Promise<RoleReadiness['reason']>;
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
  readonly roles?: readonly RoleCheck[];
}

/** Checks all engines and roles at once. Calls at the same time share one check. Never rejects. */
export function createReadiness(
  probes: readonly Probe[],
  logger: Logger,
  { timeoutMs = 1_000, keepMs = 500, roles = [] }: ReadinessOptions = {},
): () => Promise<ReadinessJson> {
  let latest: Promise<ReadinessJson> | undefined;
  let expires = 0;
  const last = new Map<string, EngineReadiness['status']>();
  const notReady = new Map<string, string>();

  const look = async (probe: Probe): Promise<{ engine: EngineReadiness; fatal: boolean }> => {
    const { name, required } = probe;
    const from = performance.now();
    let reason: string | undefined;
    let trouble: EngineTrouble | undefined;
    let advice: string | undefined;
    let ailment: Ailment | undefined;
    try {
      ailment = await within(timeoutMs, probe.check());
      reason = ailment?.reason;
      trouble = ailment?.trouble;
    } catch (error) {
      reason = messageOf(error);
      if (error instanceof CacheUnusable) trouble = error.trouble;
      if (error instanceof AppError) ({ advice } = error);
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
        ...(advice !== undefined && { advice }),
      },
      fatal: status === 'down' && required && ailment?.bearable !== true,
    };
  };

  const lookAtRole = async ({ name, required, check }: RoleCheck): Promise<RoleReadiness> => {
    // What can't be told is an engine's fault, which is told beside it.
    const reason = await within(timeoutMs, check()).catch(() => undefined);
    const before = notReady.get(name);
    if (reason === undefined) notReady.delete(name);
    else notReady.set(name, reason);
    if (reason !== undefined && before !== reason) logger.warn({ role: name, reason }, 'role is not ready');
    if (reason === undefined && before !== undefined) logger.info({ role: name }, 'role is ready again');
    return { name, required, status: reason === undefined ? 'ready' : 'not_ready', ...(reason && { reason }) };
  };

  const lookAtAll = async (): Promise<ReadinessJson> => {
    const [looks, seen] = await Promise.all([Promise.all(probes.map(look)), Promise.all(roles.map(lookAtRole))]);
    expires = performance.now() + keepMs;
    const engines = looks.map(({ engine }) => engine);
    const idle = seen.filter(({ status }) => status === 'not_ready');
    const fatal = looks.some((one) => one.fatal) || idle.some(({ required }) => required);
    const well = idle.length === 0 && engines.every(({ status }) => status === 'up');
    return { status: fatal ? 'unavailable' : well ? 'ok' : 'degraded', engines, roles: seen };
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
