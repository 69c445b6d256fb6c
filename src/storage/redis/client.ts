import { ErrorReply } from 'redis';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { pause } from '../../lib/backoff.ts';
import { parseRedisUrls, type RedisUrl } from '../../lib/connection-url.ts';
import { heardWithin } from '../../lib/deadline.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { CacheUnusable } from '../cache-trouble.ts';
import { explain } from './explain.ts';
import type { RedisAccess } from './node.ts';
import { type Connected, connect, type RedisNodes } from './nodes.ts';

export interface RedisSettings extends RedisAccess {
  /** Time for one call of `run`. */
  readonly commandTimeoutMs: number;
  /** First and longest pause before a new attempt to connect; pauses double, with jitter. */
  readonly retryMinMs?: number;
  readonly retryMaxMs?: number;
  /** Time between two checks of a connection in use. */
  readonly beatMs?: number;
}

/** Runs commands on Redis within a time limit, and returns their result. */
export type RedisRun = <T>(commands: (redis: RedisNodes) => Promise<T>) => Promise<T>;

/** Hooks of the connection's owner. */
export interface RedisOwner {
  /**
   * Called with every new connection before it is used; when it throws, the connection is given up. Each `run` has the
   * time limit for connecting.
   */
  prepare(run: RedisRun): Promise<void>;
  /** The connection is in use from now on; `tracked`: `onChanged` is called for keys that were read and change. */
  onUp(tracked: boolean): void;
  /** All nodes have answered a request that was sent at that instant (of `performance.now`) or later. */
  onHeard(askedAt: number): void;
  /** A key that was read on this connection has changed or is gone; null: any key may have. */
  onChanged(key: string | null): void;
  /** The connection is no longer in use. */
  onDown(): void;
  /** A connection was lost or failed; not called while closing. */
  onFailed(failure: CacheUnusable): void;
}

const QUIET_MS = 10_000;
/** Longest pause between attempts where Sentinels may name another primary at any time. */
const FAILOVER_RETRY_MS = 1_000;
const BEAT_MS = 100;
/** Beats between two checks of a cluster's slots, or of the primary that Sentinels name. */
const PLACES_EVERY = 10;

/**
 * The connection to Redis (to each master of a cluster) and its circuit breaker. It is either up, or every `run` fails
 * at once; nothing is queued. A command that times out closes the connection, which also rejects all others in flight;
 * the next connection is the breaker's probe. Pauses between attempts double until a connection has held for 10 s. A
 * regular beat notices silence even when nothing else is asked. When a cluster's slots move, one of its masters is gone,
 * or Sentinels name another primary, the whole connection is replaced.
 */
export class RedisConnection {
  readonly #settings: RedisSettings;
  readonly #urls: readonly RedisUrl[];
  readonly #logger: Logger;
  #supervision: Promise<void> | undefined;
  #current: { readonly nodes: RedisNodes; readonly lost: (reason: string) => void } | undefined;
  readonly #stop = new AbortController();
  #failure: CacheUnusable | undefined;
  readonly #attempted = Promise.withResolvers<void>();

  /** Does not connect yet. @throws AppError `config_invalid` for an invalid address */
  constructor(settings: RedisSettings, logger: Logger) {
    this.#settings = settings;
    this.#urls = parseRedisUrls(settings.url);
    this.#logger = logger;
  }

  /** Connects in the background and stays connected until `close`. Never throws; a second call does nothing. */
  start(owner: RedisOwner): void {
    if (this.#stop.signal.aborted) return;
    this.#supervision ??= this.#supervise(owner);
  }

  /** Resolves when the first attempt to connect has succeeded or failed. */
  get attempted(): Promise<void> {
    return this.#attempted.promise;
  }

  /** True while commands are accepted. */
  get up(): boolean {
    return this.#current !== undefined;
  }

  /** Why the last connection was lost or failed; undefined while it is up. */
  get failure(): CacheUnusable | undefined {
    return this.up ? undefined : this.#failure;
  }

  /** What a failed `run` means, and what to do about it. */
  explain(failure: unknown): CacheUnusable {
    return explain(failure, { user: this.#urls[0]?.user ?? '', role: 'server' });
  }

  /**
   * Runs commands on the connection.
   * @throws AppError `cache_unavailable` when there is none, when it breaks, or after `commandTimeoutMs`. An error
   *   reply of Redis is thrown as it is.
   */
  async run<T>(commands: (redis: RedisNodes) => Promise<T>): Promise<T> {
    const current = this.#current;
    if (current === undefined) throw new AppError('cache_unavailable', 'not connected to Redis', { retryable: true });
    try {
      return await heardWithin(this.#settings.commandTimeoutMs, commands(current.nodes));
    } catch (error) {
      if (error instanceof ErrorReply && !hasMoved(error)) throw error;
      current.lost(messageOf(error));
      throw new AppError('cache_unavailable', messageOf(error), { retryable: true, cause: error });
    }
  }

  /** Gives the current connection up, for a reason that only the caller knows. */
  distrust(reason: string): void {
    this.#current?.lost(reason);
  }

  /** Closes the connection and stops reconnecting; idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#current?.lost('closing');
    await this.#supervision;
  }

  async #supervise(owner: RedisOwner): Promise<void> {
    const { retryMinMs = 50, retryMaxMs = this.#urls[0]?.primary === undefined ? 5_000 : FAILOVER_RETRY_MS } =
      this.#settings;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const from = performance.now();
      const { failure: raw, wasUp } = await this.#session(owner);
      const failure = this.explain(raw);
      this.#failure = failure;
      this.#attempted.resolve();
      if (this.#stop.signal.aborted) return;
      owner.onFailed(failure);
      const reason = failure.message;
      if (wasUp && performance.now() - from > QUIET_MS) failures = 0;
      const ceiling = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(failures++, 20));
      const pauseMs = Math.round(ceiling * (0.5 + Math.random() / 2));
      // One warning per outage, not one per attempt.
      if (wasUp || failures === 1) this.#logger.warn({ reason, pauseMs }, 'redis is not in use');
      else this.#logger.debug({ reason, pauseMs }, 'redis is still not in use');
      await pause(pauseMs, this.#stop.signal);
    }
  }

  /** Connects, and resolves when the connection is lost or fails. */
  async #session(owner: RedisOwner): Promise<{ failure: unknown; wasUp: boolean }> {
    const { connectTimeoutMs, commandTimeoutMs } = this.#settings;
    const { promise: end, resolve: lost } = Promise.withResolvers<string>();
    const onStop = () => lost('closing');
    this.#stop.signal.addEventListener('abort', onStop);
    const connecting = connect(this.#settings, { lost, changed: (key) => owner.onChanged(key) });
    let beat: Timer | undefined;
    try {
      const ready = (async () => {
        const connected = await connecting;
        await heardWithin(commandTimeoutMs, connected.probe(false));
        await owner.prepare((commands) => heardWithin(connectTimeoutMs, commands(connected.nodes)));
        return connected;
      })();
      const early = await Promise.race([ready, end]);
      if (typeof early === 'string') {
        ready.catch(() => {});
        return { failure: early, wasUp: false };
      }
      const { nodes } = early;
      this.#current = { nodes, lost };
      this.#attempted.resolve();
      this.#logger.info(nodes.isCluster ? { masters: nodes.all.length } : {}, 'redis is in use');
      owner.onUp(nodes.tracked);
      beat = this.#startBeat(early, owner, lost);
      return { failure: await end, wasUp: true };
    } catch (error) {
      return { failure: error, wasUp: false };
    } finally {
      clearInterval(beat);
      if (this.#current !== undefined) {
        this.#current = undefined;
        owner.onDown();
      }
      this.#stop.signal.removeEventListener('abort', onStop);
      connecting.then(
        ({ nodes }) => nodes.destroy(),
        () => {},
      );
    }
  }

  #startBeat(connected: Connected, owner: RedisOwner, lost: (reason: string) => void): Timer {
    const current = this.#current;
    let beats = 0;
    let waiting = false;
    const once = async (): Promise<void> => {
      if (waiting) return;
      waiting = true;
      const askedAt = performance.now();
      try {
        await heardWithin(this.#settings.commandTimeoutMs, connected.probe(beats++ % PLACES_EVERY === 0));
        if (this.#current === current) owner.onHeard(askedAt);
      } catch (error) {
        lost(messageOf(error));
      } finally {
        waiting = false;
      }
    };
    void once();
    return setInterval(once, this.#settings.beatMs ?? BEAT_MS);
  }
}

/** A cluster's reply when another node has the key, or no node serves it now. */
function hasMoved(error: ErrorReply): boolean {
  return /^(MOVED|ASK|CLUSTERDOWN|TRYAGAIN) /.test(error.message);
}
