import { ErrorReply } from 'redis';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { pause } from '../../lib/backoff.ts';
import { formatUrl, parseRedisUrls } from '../../lib/connection-url.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { type Connected, connect } from './connect.ts';
import type { RedisNodes } from './nodes.ts';
import { heardWithin } from './time-out.ts';

export interface RedisSettings {
  /** `redis[s]://[[user][:password]@]host[:port][/database]`; of a Redis Cluster any of its nodes, or several. */
  readonly urls: readonly string[];
  /** Time for TCP, TLS and the handshake together. */
  readonly connectTimeoutMs: number;
  /** Time one call of `run` may take. */
  readonly commandTimeoutMs: number;
  /** First and longest pause before a new attempt to connect; the pauses double and are jittered. */
  readonly retryMinMs?: number;
  readonly retryMaxMs?: number;
  /** Time between two looks at a connection in use. */
  readonly beatMs?: number;
}

/** Runs commands against Redis and gives their result, within some time limit. */
export type RedisRun = <T>(commands: (redis: RedisNodes) => Promise<T>) => Promise<T>;

/** Hooks of the connection's owner. */
export interface RedisOwner {
  /**
   * Runs on every new connection before it is used; when it throws, the connection is given up. Each `run` may take the
   * connect time-out.
   */
  prepare(run: RedisRun): Promise<void>;
  /** Called at the moment the connection comes into use; `tracked`: keys that were read and change are told to `onChanged`. */
  onUp(tracked: boolean): void;
  /** All nodes have answered what was asked of them at that instant (of `performance.now`), or after it. */
  onHeard(askedAt: number): void;
  /** A key that was read on this connection has changed or has gone; null: any may have. */
  onChanged(key: string | null): void;
  /** Called once the connection is out of use. */
  onDown(): void;
  /** Called when a connection was lost, or could not be made, unless it is being closed. */
  onFailed(failure: unknown): void;
}

const QUIET_MS = 10_000;
const BEAT_MS = 100;
/** Every so many beats a cluster's slots are looked at. */
const SLOTS_EVERY = 10;

/**
 * The connection to Redis (to each master of a cluster) and its circuit breaker. It is either up, or every `run` fails at once;
 * nothing is queued for later. A command that takes longer than its time closes the connection, which also rejects all others in
 * flight; the next connection is the breaker's probe. Pauses between attempts keep doubling until a connection has held for 10 s.
 * Where nothing is asked, a beat asks, so that silence is noticed. When a cluster's slots move or one of its masters
 * goes, the whole connection is given up and made anew.
 */
export class RedisConnection {
  readonly #settings: RedisSettings;
  readonly #logger: Logger;
  #supervision: Promise<void> | undefined;
  #current: { readonly nodes: RedisNodes; readonly lost: (reason: string) => void } | undefined;
  readonly #stop = new AbortController();
  #failure: unknown;
  readonly #attempted = Promise.withResolvers<void>();

  /** Opens nothing yet. @throws AppError `config_invalid` for an address that is none. */
  constructor(settings: RedisSettings, logger: Logger) {
    this.#settings = { ...settings, urls: settings.urls.flatMap(parseRedisUrls).map(formatUrl) };
    this.#logger = logger;
  }

  /** Connects in the background and stays connected until `close`. Never throws; a second call does nothing. */
  start(owner: RedisOwner): void {
    if (this.#stop.signal.aborted) return;
    this.#supervision ??= this.#supervise(owner);
  }

  /** Resolves when the first attempt to connect is over, however it went. */
  get attempted(): Promise<void> {
    return this.#attempted.promise;
  }

  /** True while commands are accepted. */
  get up(): boolean {
    return this.#current !== undefined;
  }

  /** Why the last connection was lost or could not be made: an error, or the reason in words; undefined while there is one. */
  get failure(): unknown {
    return this.up ? undefined : this.#failure;
  }

  /**
   * Runs commands on the connection.
   * @throws AppError `cache_unavailable` when there is none, when it breaks, or after `commandTimeoutMs`. An error reply of
   * Redis is thrown as it is.
   */
  async run<T>(commands: (redis: RedisNodes) => Promise<T>): Promise<T> {
    const current = this.#current;
    if (current === undefined)
      throw new AppError('cache_unavailable', 'not connected to Redis', { retryable: true });
    try {
      return await heardWithin(this.#settings.commandTimeoutMs, commands(current.nodes));
    } catch (error) {
      if (error instanceof ErrorReply && !hasMoved(error)) throw error;
      current.lost(messageOf(error));
      throw new AppError('cache_unavailable', messageOf(error), { retryable: true, cause: error });
    }
  }

  /** Gives the present connection up, for a reason only the caller can see. */
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
    const { retryMinMs = 50, retryMaxMs = 5_000 } = this.#settings;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const from = performance.now();
      const { failure, wasUp } = await this.#session(owner);
      this.#failure = failure;
      this.#attempted.resolve();
      if (this.#stop.signal.aborted) return;
      owner.onFailed(failure);
      const reason = messageOf(failure);
      if (wasUp && performance.now() - from > QUIET_MS) failures = 0;
      const ceiling = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(failures++, 20));
      const pauseMs = Math.round(ceiling * (0.5 + Math.random() / 2));
      // One line when it goes away, not one per attempt.
      if (wasUp || failures === 1) this.#logger.warn({ reason, pauseMs }, 'redis is not in use');
      else this.#logger.debug({ reason, pauseMs }, 'redis is still not in use');
      await pause(pauseMs, this.#stop.signal);
    }
  }

  /** From connecting to the loss of the connection. */
  async #session(owner: RedisOwner): Promise<{ failure: unknown; wasUp: boolean }> {
    const { urls, connectTimeoutMs, commandTimeoutMs } = this.#settings;
    const { promise: end, resolve: lost } = Promise.withResolvers<string>();
    const onStop = () => lost('closing');
    this.#stop.signal.addEventListener('abort', onStop);
    const connecting = connect(urls, connectTimeoutMs, { lost, changed: (key) => owner.onChanged(key) });
    let beat: Timer | undefined;
    try {
      const ready = (async () => {
        const connected = await heardWithin(connectTimeoutMs * urls.length, connecting);
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
        await heardWithin(this.#settings.commandTimeoutMs, connected.probe(beats++ % SLOTS_EVERY === 0));
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

/** A cluster's way to say that another node has the key, or that none can tell. */
function hasMoved(error: ErrorReply): boolean {
  return /^(MOVED|ASK|CLUSTERDOWN|TRYAGAIN) /.test(error.message);
}
