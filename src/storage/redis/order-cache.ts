import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { CACHE_TROUBLES, type CachedDatabase, type CacheTrouble } from '../cache-trouble.ts';
import { type InvalidationCause, InvalidationFeed } from '../invalidation-feed.ts';
import type { FoundOrder } from '../stored-orders.ts';
import type { RedisConnection, RedisRun } from './client.ts';
import { KeyOwner, KeySpace } from './key-space.ts';
import { L1Orders } from './l1-orders.ts';
import { MissedInvalidations } from './missed-invalidations.ts';
import { type CacheAnswer, type CacheFill, OrderKeys } from './order-keys.ts';
import { Refusals } from './refusals.ts';

export interface OrderCacheOptions {
  readonly keyPrefix: string;
  /** Life of a cached order; up to a tenth less at random, so that orders filled together do not expire together. */
  readonly ttlSeconds: number;
  /** Most bytes of orders in L1; 0: none. */
  readonly l1Bytes?: number;
  /** How long L1 still answers after Redis was last heard. */
  readonly trustMs?: number;
  /** Most time between a miss and its fill; after it the lease is lost. */
  readonly leaseMs?: number;
  /** The database of these orders: keys that belong to another database are not used. Not checked without it. */
  readonly database?: CachedDatabase;
  /** Time between two checks that the keys are still ours, ms. */
  readonly ownerEveryMs?: number;
  /** Most undelivered invalidations to remember while Redis is away; past them all keys are swept instead. */
  readonly maxMissed?: number;
}

const TRUST_MS = 500;
const OWNER_EVERY_MS = 1_000;
const NO_ERRORS = Object.fromEntries(CACHE_TROUBLES.map((kind) => [kind, 0]));
const NOTHING: CacheAnswer = { found: new Map(), leases: new Map(), held: new Set() };

/**
 * A cache of stored orders: in Redis, `<prefix>:v2:order:<uid>` → `encodeCachedOrder`, and the most used of them in
 * this process (L1). It may lose anything at any time, and never serves what was invalidated. No call throws but
 * `ping`.
 *
 * No stale value survives an invalidation: a fill needs the lease that was planted before the database was read, and an
 * invalidation deletes order and lease alike. While an invalidation is not acknowledged, this process does not use
 * Redis. A Redis that came back from a snapshot or a failover may have lost deletes, so its keys are swept when its
 * run_id is not the one in `<prefix>:v2:run-id`, or not one of those that this process has used until now: what it
 * deleted on a primary after the failover, others still have. Redis is not used at all while it refuses what a cache
 * needs, and when `<prefix>:v2:database` names another database that may still exist. Other processes serve an order
 * whose invalidation could not be delivered until somebody delivers it: see `Invalidator`.
 *
 * L1 holds what was read from Redis on a connection on which Redis reports every change to a key that was read there
 * (client tracking, RESP3). It drops an order when Redis reports a change, when `invalidate` names it, and when the
 * connection is lost. So a process never serves the old order once its own invalidation has returned; another process
 * does until Redis's message has arrived, but never longer than `trustMs` after Redis was last heard.
 *
 * That an order does not exist is not cached: a new order would be hidden until the cache heard of it, so each new
 * order would need a note in its transaction, as changed ones have. Instead, lookups of one uid share a read, and those
 * of different uids share queries.
 * @see https://redis.io/docs/latest/develop/reference/client-side-caching/
 */
export class OrderCache {
  readonly #connection: RedisConnection;
  readonly #logger: Logger;
  readonly #space: KeySpace;
  readonly #orders: OrderKeys;
  readonly #missed: MissedInvalidations;
  readonly #l1: L1Orders;
  readonly #trustMs: number;
  /** Reports what is forgotten, as it happens. */
  readonly forgotten = new InvalidationFeed();
  readonly #refusals: Refusals;
  readonly #owner: KeyOwner | undefined;
  readonly #ownerEveryMs: number;
  #ownerTimer: Timer | undefined;
  #confirming = false;
  #tracked = false;
  /** Of the servers that the last connection was to. */
  #runIds: ReadonlySet<string> | undefined;

  /** Starts and closes the connection. */
  constructor(connection: RedisConnection, options: OrderCacheOptions, logger: Logger) {
    this.#connection = connection;
    this.#logger = logger;
    this.#space = new KeySpace(options.keyPrefix);
    this.#missed = new MissedInvalidations(options.maxMissed ?? 100_000);
    this.#l1 = new L1Orders(options.l1Bytes ?? 0);
    this.#trustMs = options.trustMs ?? TRUST_MS;
    this.#refusals = new Refusals(logger);
    this.#orders = new OrderKeys(
      this.#space,
      options,
      (error) => this.#note(error, 'redis did not give a lease'),
      logger,
    );
    this.#owner = options.database && new KeyOwner(this.#space, options.database);
    this.#ownerEveryMs = options.ownerEveryMs ?? OWNER_EVERY_MS;
  }

  /** Connects in the background; until then every `get` answers with nothing. Never throws. */
  start(): void {
    this.#connection.start({
      prepare: (run) => this.#prepare(run),
      onUp: (tracked) => {
        if (!tracked && this.#l1.enabled) this.#logger.warn({}, 'redis refuses client tracking: the l1 cache is off');
        this.#tracked = tracked;
        this.#refusals.current = undefined;
        void this.#deliver();
      },
      onFailed: ({ trouble }) => this.#refusals.failed(trouble),
      onHeard: (askedAt) => {
        if (this.#tracked) this.#l1.trustUntil(askedAt + this.#trustMs);
      },
      onChanged: (key) => this.#forget(key),
      onDown: () => {
        const dropped = this.#l1.flush();
        if (dropped > 0) this.forgotten.note('connection_lost', undefined, dropped);
      },
    });
    if (this.#owner !== undefined)
      this.#ownerTimer ??= setInterval(() => void this.#confirmOwner(), this.#ownerEveryMs);
  }

  /** Delivers the remaining invalidations, if Redis takes them in time, and closes the connection; idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#ownerTimer);
    await this.#deliver();
    if (this.#missed.size > 0 || this.#missed.sweepWanted) {
      this.#logger.warn(
        { orders: this.#missed.least },
        'closed with undelivered invalidations: changed orders may be stale until their TTL ends',
      );
    }
    await this.#connection.close();
  }

  /** Resolves when the cache answers; waits for the first attempt to connect. @throws CacheUnusable */
  async ping(): Promise<void> {
    await this.#connection.attempted;
    try {
      // While nobody looks an order up, nothing else would notice that Redis has room again.
      if (this.#refusals.current === undefined)
        await this.#connection.run((redis) => Promise.all(redis.all.map((node) => node.redis.ping())));
      else {
        await this.#orders.tryOut((commands) => this.#connection.run(commands));
        this.#refusals.over();
      }
    } catch (error) {
      throw this.#connection.failure ?? this.#connection.explain(error);
    }
  }

  /** Why Redis is not in use, or takes no orders; undefined when all is well. */
  get trouble(): CacheTrouble | undefined {
    return this.#connection.up ? this.#refusals.current : (this.#connection.failure?.trouble ?? 'unreachable');
  }

  /** What Redis has refused or failed to do, by kind. */
  get errors(): Readonly<Partial<Record<CacheTrouble, number>>> {
    return this.#refusals.counts;
  }

  /** What L1 holds. */
  get l1(): { enabled: boolean; orders: number; bytes: number } {
    return { enabled: this.#l1.enabled, orders: this.#l1.count, bytes: this.#l1.bytes };
  }

  /** For metrics: each kind of error is there from the start; `undelivered`: orders that Redis has to forget, at least. */
  get figures() {
    const { errors, l1, trouble } = this;
    const undelivered = this.#missed.least;
    const all = { ...NO_ERRORS, ...errors };
    return { connected: this.#connection.up, undelivered, l1, troubled: trouble !== undefined, errors: all };
  }

  /** Empties L1, after the orders were removed from Redis. */
  flushL1(): void {
    this.forgotten.note('flushed', undefined, this.#l1.forgetAll());
  }

  /** The order, if L1 has it: no waiting, no traffic. */
  fromL1(uid: string): FoundOrder | undefined {
    return this.#l1.get(uid);
  }

  /** Looks the uids up. A cache that can't answer in time finds nothing. */
  async get(uids: readonly string[]): Promise<CacheAnswer> {
    const asked = this.#missed.size === 0 ? uids : uids.filter((uid) => !this.#missed.has(uid));
    if (asked.length === 0 || !this.#usable) return NOTHING;
    const ticket = this.#l1.reading(asked);
    try {
      // One run has one time limit.
      const { found, leases, held } = await this.#connection.run((redis) => this.#orders.ask(redis, asked));
      // An invalidation may have arrived while Redis was asked.
      if (this.#missed.size > 0) for (const uid of found.keys()) if (this.#missed.has(uid)) found.delete(uid);
      for (const [uid, document] of found) this.#l1.put(uid, ticket, document);
      return { found, leases, held };
    } catch (error) {
      this.#note(error, 'redis did not answer a lookup');
      return NOTHING;
    } finally {
      this.#l1.ended(asked, ticket);
    }
  }

  /** Stores each order or gives its lease back, unless the lease was lost to an invalidation, time or another fill. */
  async fill(fills: readonly CacheFill[]): Promise<void> {
    if (fills.length === 0 || !this.#usable) return;
    try {
      const stored = await this.#connection.run((redis) =>
        Promise.all(fills.map((one) => this.#orders.store(redis, one))),
      );
      if (stored.includes(true)) this.#refusals.over();
    } catch (error) {
      this.#note(error, 'redis did not take a fill');
    }
  }

  /**
   * Call it after the commit that changed these orders; new orders need no call. From the call on, `get` and `fromL1`
   * of this process don't answer for them. Resolves to true once the cache has forgotten them, and to false when it
   * can't be reached: then this is retried in the background, and the cache is not used until it has succeeded.
   */
  async invalidate(uids: readonly string[], cause: InvalidationCause = 'changed'): Promise<boolean> {
    if (uids.length === 0) return true;
    for (const [at, uid] of uids.entries())
      this.forgotten.note(cause, uid, this.#l1.forget(uid) ? 1 : 0, uids.length - 1 - at);
    if (this.#missed.add(uids)) this.#connection.distrust('too many invalidations not delivered');
    await this.#deliver();
    return !this.#missed.sweepWanted && !uids.some((uid) => this.#missed.has(uid));
  }

  get #usable(): boolean {
    return this.#connection.up && !this.#missed.sweepWanted;
  }

  /** Redis reported a change. */
  #forget(key: string | null): void {
    if (key === null) {
      // The whole database was flushed; the connection is fine.
      this.forgotten.note('redis_flushed', undefined, this.#l1.forgetAll());
      return;
    }
    const uid = this.#space.uidOf(key);
    // Redis also reports leases and this process's own changes.
    if (uid !== undefined && this.#l1.forget(uid)) this.forgotten.note('redis', uid, 1);
  }

  /** Delivers missed invalidations while the connection holds. */
  async #deliver(): Promise<void> {
    if (!this.#connection.up || this.#missed.size === 0) return;
    try {
      await this.#unlinkMissed((commands) => this.#connection.run(commands));
    } catch (error) {
      this.#note(error, 'redis did not take an invalidation');
      // After an error reply (READONLY, NOPERM, …) the connection is up, but its values may be stale.
      this.#connection.distrust(messageOf(error));
    }
  }

  async #prepare(run: RedisRun): Promise<void> {
    await this.#orders.tryOut(run);
    await this.#owner?.claim(run);
    const { runIds, doubtful } = await this.#space.runIds(run, this.#runIds);
    if (doubtful) this.#missed.wantSweep();
    while (this.#missed.sweepWanted || this.#missed.size > 0) {
      if (this.#missed.sweepWanted) {
        await this.#missed.sweep(async () => {
          const keys = await this.#space.sweep(run);
          if (keys > 0) this.#logger.info({ keys }, 'swept the cache');
        });
      }
      await this.#unlinkMissed(run);
    }
    if (doubtful) await this.#space.noteRunIds(run, runIds);
    this.#runIds = new Set(runIds.values());
  }

  /** Gives the connection up when its keys may no longer be ours; preparing the next one decides. */
  async #confirmOwner(): Promise<void> {
    if (this.#confirming || !this.#connection.up) return;
    this.#confirming = true;
    const doubt = await this.#owner?.doubt((commands) => this.#connection.run(commands)).catch(() => undefined);
    this.#confirming = false;
    if (doubt !== undefined) this.#connection.distrust(doubt);
  }

  async #unlinkMissed(run: RedisRun): Promise<void> {
    const taken = this.#missed.take();
    const uids = [...taken.keys()];
    for (let from = 0; from < uids.length; from += 1000) {
      const chunk = uids.slice(from, from + 1000);
      await run((redis) => this.#orders.unlink(redis, chunk));
    }
    this.#missed.delivered(taken);
  }

  #note(error: unknown, message: string): void {
    this.#logger.debug({ reason: messageOf(error) }, message);
    const doubt = this.#refusals.note(error);
    if (doubt !== undefined) this.#connection.distrust(doubt);
  }
}
