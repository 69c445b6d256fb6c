import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { type CachedDatabase, type CacheTrouble, CacheUnusable } from '../cache-trouble.ts';
import { type InvalidationCause, InvalidationFeed } from '../invalidation-feed.ts';
import { LocalOrders } from '../local-orders.ts';
import type { CacheAnswer, CacheFill, OrderCache } from '../order-cache.ts';
import type { FoundOrder } from '../stored-orders.ts';
import type { RedisConnection, RedisRun } from './client.ts';
import { KeyOwner } from './key-owner.ts';
import { KeySpace } from './key-space.ts';
import { MissedInvalidations } from './missed-invalidations.ts';
import { OrderKeys } from './order-keys.ts';
import { Refusals, troubleOf } from './refusals.ts';

export interface RedisOrderCacheOptions {
  readonly keyPrefix: string;
  /** Life of a cached order; each gets up to a tenth less, so that what was filled together does not expire together. */
  readonly ttlSeconds: number;
  /** Most bytes of orders kept in this process itself; 0: none. */
  readonly localBytes?: number;
  /** Longest silence of Redis after which what is kept in this process is still served. */
  readonly trustMs?: number;
  /** Time between a miss and its fill; then the lease is lost. */
  readonly leaseMs?: number;
  /** Whose orders these are: a key space that holds those of another database is not used. Without it nobody asks. */
  readonly database?: CachedDatabase;
  /** Time between two looks whether they still are, ms. */
  readonly ownerEveryMs?: number;
  /** Most invalidations kept while Redis is away, before the whole key space is swept instead. */
  readonly maxMissed?: number;
}

const TRUST_MS = 500;
const OWNER_EVERY_MS = 1_000;
const NOTHING: CacheAnswer = { found: new Map(), leases: new Map(), held: new Set() };
/**
 * Orders in Redis, `<prefix>:v2:order:<uid>` → `encodeCachedOrder`, and the most used of them in this process itself.
 *
 * No stale value survives an invalidation: a fill needs the lease that was planted before the database was read, and
 * the invalidation deletes order and lease alike. While an invalidation is not acknowledged, Redis is out of use in this process. A
 * Redis that came back from a snapshot or a failover may have lost deletes, so the key space is swept whenever its
 * run_id is not the one noted in `<prefix>:v2:run-id`. It is not used at all when `<prefix>:v2:database` names another database
 * than ours, unless that one is known to be gone, and when it refuses what a cache must do. Other processes go on serving an order whose invalidation could not be
 * delivered until someone delivers it: see `Invalidator`.
 *
 * What this process keeps itself was read from Redis on a connection on which Redis tells of every change to a key that was read
 * there (client tracking, RESP3), and goes when told so, when `invalidate` names it, and when that connection is lost.
 * So after an invalidation has returned, its own process never serves the order from before; another one does
 * until Redis's message has come to it, and never longer than `trustMs`: that long after Redis was last heard it stops
 * to answer by itself.
 * @see https://redis.io/docs/latest/develop/reference/client-side-caching/
 */
export class RedisOrderCache implements OrderCache {
  readonly #connection: RedisConnection;
  readonly #logger: Logger;
  readonly #space: KeySpace;
  readonly #orders: OrderKeys;
  readonly #missed: MissedInvalidations;
  readonly #local: LocalOrders;
  readonly #trustMs: number;
  /** What is forgotten, as it happens. */
  readonly forgotten = new InvalidationFeed();
  readonly #refusals: Refusals;
  readonly #owner: KeyOwner | undefined;
  readonly #ownerEveryMs: number;
  #ownerTimer: Timer | undefined;
  #confirming = false;
  #tracked = false;

  /** Takes the connection over: starts and closes it. */
  constructor(connection: RedisConnection, options: RedisOrderCacheOptions, logger: Logger) {
    this.#connection = connection;
    this.#logger = logger;
    this.#space = new KeySpace(options.keyPrefix);
    this.#missed = new MissedInvalidations(options.maxMissed ?? 100_000);
    this.#local = new LocalOrders(options.localBytes ?? 0);
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
        if (!tracked && this.#local.enabled)
          this.#logger.warn({}, 'redis refuses client tracking: no order is kept in this process');
        this.#tracked = tracked;
        this.#refusals.current = undefined;
        void this.#deliver();
      },
      onFailed: (failure) => this.#refusals.failed(failure),
      onHeard: (askedAt) => {
        if (this.#tracked) this.#local.trustUntil(askedAt + this.#trustMs);
      },
      onChanged: (key) => this.#forget(key),
      onDown: () => {
        const dropped = this.#local.flush();
        if (dropped > 0) this.forgotten.note('connection_lost', undefined, dropped);
      },
    });
    if (this.#owner !== undefined)
      this.#ownerTimer ??= setInterval(() => void this.#confirmOwner(), this.#ownerEveryMs);
  }

  /** Delivers the invalidations that are still out, if Redis takes them in its time, and closes the connection; idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#ownerTimer);
    await this.#deliver();
    if (this.#missed.size > 0 || this.#missed.sweepWanted) {
      this.#logger.warn(
        { orders: this.#missed.size },
        'closed with invalidations not delivered: changed orders may be served stale until their TTL ends',
      );
    }
    await this.#connection.close();
  }

  async ping(): Promise<void> {
    await this.#connection.attempted;
    try {
      // Nothing else would tell of a Redis that has room again while nobody looks an order up.
      if (this.#refusals.current === undefined)
        await this.#connection.run((redis) => Promise.all(redis.all.map((node) => node.redis.ping())));
      else {
        await this.#orders.tryOut((commands) => this.#connection.run(commands));
        this.#refusals.over();
      }
    } catch (error) {
      throw new CacheUnusable(
        this.trouble ?? troubleOf(error),
        messageOf(this.#connection.failure ?? error),
        error,
      );
    }
  }

  /** Why it is not in use; undefined while it is. */
  get trouble(): CacheTrouble | undefined {
    return this.#connection.up ? this.#refusals.current : troubleOf(this.#connection.failure);
  }

  /** What Redis refused or failed to do, by its kind. */
  get errors(): Readonly<Partial<Record<CacheTrouble, number>>> {
    return this.#refusals.counts;
  }

  /** Bytes of orders kept in this process itself. */
  get localBytes(): number {
    return this.#local.bytes;
  }

  /** What this process itself keeps. */
  get localState(): { enabled: boolean; orders: number; bytes: number } {
    return { enabled: this.#local.enabled, orders: this.#local.count, bytes: this.#local.bytes };
  }

  /** Forgets what this process itself keeps, since Redis was emptied of orders. */
  forgetLocal(): void {
    this.forgotten.note('flushed', undefined, this.#local.forgetAll());
  }

  local(uid: string): FoundOrder | undefined {
    return this.#local.get(uid);
  }

  async get(uids: readonly string[]): Promise<CacheAnswer> {
    const asked = this.#missed.size === 0 ? uids : uids.filter((uid) => !this.#missed.has(uid));
    if (asked.length === 0 || !this.#usable) return NOTHING;
    const ticket = this.#local.reading(asked);
    try {
      // One run, so one time limit for the whole of it.
      const { found, leases, held } = await this.#connection.run((redis) => this.#orders.ask(redis, asked));
      // An invalidation may have come in while Redis was asked.
      if (this.#missed.size > 0) for (const uid of found.keys()) if (this.#missed.has(uid)) found.delete(uid);
      for (const [uid, document] of found) this.#local.put(uid, ticket, document);
      return { found, leases, held };
    } catch (error) {
      this.#note(error, 'redis did not answer a lookup');
      return NOTHING;
    } finally {
      this.#local.ended(asked, ticket);
    }
  }

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

  async invalidate(uids: readonly string[], cause: InvalidationCause = 'changed'): Promise<boolean> {
    if (uids.length === 0) return true;
    for (const [at, uid] of uids.entries())
      this.forgotten.note(cause, uid, this.#local.forget(uid) ? 1 : 0, uids.length - 1 - at);
    if (this.#missed.add(uids)) this.#connection.distrust('too many invalidations not delivered');
    await this.#deliver();
    return !this.#missed.sweepWanted && !uids.some((uid) => this.#missed.has(uid));
  }

  get #usable(): boolean {
    return this.#connection.up && !this.#missed.sweepWanted;
  }

  /** What Redis says has changed. */
  #forget(key: string | null): void {
    if (key === null) {
      // The whole database was flushed: entries go, the connection is as good as before.
      this.forgotten.note('redis_flushed', undefined, this.#local.forgetAll());
      return;
    }
    const uid = this.#space.uidOf(key);
    // Redis also tells of what this process has changed itself, and of leases; that changes nothing here.
    if (uid !== undefined && this.#local.forget(uid)) this.forgotten.note('redis', uid, 1);
  }

  /** Delivers what is missed, as long as the connection holds. */
  async #deliver(): Promise<void> {
    if (!this.#connection.up || this.#missed.size === 0) return;
    try {
      await this.#unlinkMissed((commands) => this.#connection.run(commands));
    } catch (error) {
      this.#note(error, 'redis did not take an invalidation');
      // An error reply (READONLY, NOPERM, …) leaves the connection up, but what it serves may be stale now.
      this.#connection.distrust(messageOf(error));
    }
  }

  async #prepare(run: RedisRun): Promise<void> {
    await this.#orders.tryOut(run);
    await this.#owner?.claim(run);
    const runIds = await this.#space.changedRunIds(run);
    if (runIds.size > 0) this.#missed.wantSweep();
    while (this.#missed.sweepWanted || this.#missed.size > 0) {
      if (this.#missed.sweepWanted) {
        await this.#missed.sweep(async () => {
          const keys = await this.#space.sweep(run);
          if (keys > 0) this.#logger.info({ keys }, 'swept the cache');
        });
      }
      await this.#unlinkMissed(run);
    }
    if (runIds.size > 0) await this.#space.noteRunIds(run, runIds);
  }

  /** Gives the connection up when its keys may not be ours any more: what prepares the next one settles it. */
  async #confirmOwner(): Promise<void> {
    if (this.#confirming || !this.#connection.up) return;
    this.#confirming = true;
    const doubt = await this.#owner
      ?.doubt((commands) => this.#connection.run(commands))
      .catch(() => undefined);
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
