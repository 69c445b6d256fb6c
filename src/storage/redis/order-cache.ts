import { randomBytes } from 'node:crypto';
import { ErrorReply } from 'redis';
import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { type InvalidationCause, InvalidationFeed } from '../invalidation-feed.ts';
import { LocalOrders } from '../local-orders.ts';
import type { CacheAnswer, CacheFill, OrderCache } from '../order-cache.ts';
import type { FoundOrder, OrderDocument } from '../order-store.ts';
import { decodeCachedOrder, encodeCachedOrder } from './cached-order.ts';
import type { RedisConnection, RedisRun } from './client.ts';
import { KeySpace } from './key-space.ts';
import { MissedInvalidations } from './missed-invalidations.ts';
import type { RedisNodes } from './nodes.ts';

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
  /** Most invalidations kept while Redis is away, before the whole key space is swept instead. */
  readonly maxMissed?: number;
}

/** Marks a lease in the order's own key, so one DEL takes both and a cluster keeps both on one shard. No cached order begins so. */
const LEASE = 'lease:';
const TRUST_MS = 500;
const NOTHING: CacheAnswer = { found: new Map(), leases: new Map(), held: new Set() };
const FILL = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;
const RELEASE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/**
 * Orders in Redis, `<prefix>:v2:order:<uid>` → `encodeCachedOrder`, and the most used of them in this process itself.
 *
 * No stale value survives an invalidation: a fill needs the lease that was planted before the database was read, and
 * the invalidation deletes order and lease alike. While an invalidation is not acknowledged, Redis is out of use in this process. A
 * Redis that came back from a snapshot or a failover may have lost deletes, so the key space is swept whenever its
 * run_id is not the one noted in `<prefix>:v2:run-id`. Other processes go on serving an order whose invalidation could not be
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
  readonly #ttlMs: number;
  readonly #leaseMs: number;
  readonly #missed: MissedInvalidations;
  readonly #leaseName = LEASE + randomBytes(9).toString('base64url');
  readonly #local: LocalOrders;
  readonly #trustMs: number;
  /** What is forgotten, as it happens. */
  readonly forgotten = new InvalidationFeed();
  #tracked = false;
  #leaseNumber = 0;

  /** Takes the connection over: starts and closes it. */
  constructor(connection: RedisConnection, options: RedisOrderCacheOptions, logger: Logger) {
    this.#connection = connection;
    this.#logger = logger;
    this.#space = new KeySpace(options.keyPrefix);
    this.#ttlMs = options.ttlSeconds * 1000;
    this.#leaseMs = options.leaseMs ?? 5_000;
    this.#missed = new MissedInvalidations(options.maxMissed ?? 100_000);
    this.#local = new LocalOrders(options.localBytes ?? 0);
    this.#trustMs = options.trustMs ?? TRUST_MS;
  }

  /** Connects in the background; until then every `get` answers with nothing. Never throws. */
  start(): void {
    this.#connection.start({
      prepare: (run) => this.#prepare(run),
      onUp: (tracked) => {
        if (!tracked && this.#local.enabled)
          this.#logger.warn({}, 'redis refuses client tracking: no order is kept in this process');
        this.#tracked = tracked;
        void this.#deliver();
      },
      onHeard: (askedAt) => {
        if (this.#tracked) this.#local.trustUntil(askedAt + this.#trustMs);
      },
      onChanged: (key) => this.#forget(key),
      onDown: () => {
        const dropped = this.#local.flush();
        if (dropped > 0) this.forgotten.note('connection_lost', undefined, dropped);
      },
    });
  }

  /** Delivers the invalidations that are still out, if Redis takes them in its time, and closes the connection; idempotent. */
  async close(): Promise<void> {
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
    await this.#connection.run((redis) => Promise.all(redis.all.map((node) => node.redis.ping())));
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
      const { found, leases, held } = await this.#connection.run((redis) => this.#ask(redis, asked));
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
      await this.#connection.run((redis) => Promise.all(fills.map((one) => this.#store(redis, one))));
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

  async #store(redis: RedisNodes, { uid, lease, document }: CacheFill): Promise<void> {
    const key = this.#space.order(uid);
    const node = redis.of(key).redis;
    if (document === undefined) {
      await node.eval(RELEASE, { keys: [key], arguments: [lease] });
      return;
    }
    const ttlMs = Math.ceil(this.#ttlMs * (1 - Math.random() / 10));
    await node.eval(FILL, {
      keys: [key],
      arguments: [lease, encodeCachedOrder(uid, document), String(ttlMs)],
    });
  }

  async #ask(redis: RedisNodes, uids: readonly string[]) {
    const values = await redis.getAll(uids.map((uid) => this.#space.order(uid)));
    const found = new Map<string, OrderDocument>();
    const free: string[] = [];
    const held = new Set<string>();
    const corrupt: string[] = [];
    for (const [at, uid] of uids.entries()) {
      const value = values[at];
      if (value == null) free.push(uid);
      else if (isLease(value)) held.add(uid);
      else {
        const document = decodeCachedOrder(uid, value);
        if (document === undefined) corrupt.push(uid);
        else found.set(uid, document);
      }
    }
    if (corrupt.length > 0) {
      this.#logger.warn({ orders: corrupt.length }, 'dropped cached values that are not orders');
      await this.#unlink(redis, corrupt);
    }
    const wanted = [...free, ...corrupt];
    const leases = await this.#plant(redis, wanted);
    for (const uid of wanted) if (leases !== undefined && !leases.has(uid)) held.add(uid);
    return { found, leases: leases ?? NOTHING.leases, held };
  }

  async #unlink(redis: RedisNodes, uids: readonly string[]): Promise<void> {
    const keys = uids.map((uid) => this.#space.order(uid));
    await Promise.all(keys.map((key) => redis.of(key).redis.unlink(key)));
  }

  /** The leases that were given; undefined when Redis gives none at present. */
  async #plant(redis: RedisNodes, uids: readonly string[]): Promise<ReadonlyMap<string, string> | undefined> {
    if (uids.length === 0) return NOTHING.leases;
    const lease = `${this.#leaseName}.${this.#leaseNumber++}`;
    const options = { condition: 'NX', expiration: { type: 'PX', value: this.#leaseMs } } as const;
    try {
      const keys = uids.map((uid) => this.#space.order(uid));
      const replies = await Promise.all(keys.map((key) => redis.of(key).redis.set(key, lease, options)));
      return new Map(uids.filter((_, at) => replies[at] === 'OK').map((uid) => [uid, lease]));
    } catch (error) {
      // A full or read-only Redis still answers reads; it only can't be filled.
      if (!(error instanceof ErrorReply)) throw error;
      this.#note(error, 'redis did not give a lease');
      return undefined;
    }
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

  async #unlinkMissed(run: RedisRun): Promise<void> {
    const taken = this.#missed.take();
    const uids = [...taken.keys()];
    for (let from = 0; from < uids.length; from += 1000) {
      const chunk = uids.slice(from, from + 1000);
      await run((redis) => this.#unlink(redis, chunk));
    }
    this.#missed.delivered(taken);
  }

  #note(error: unknown, message: string): void {
    this.#logger.debug({ reason: messageOf(error) }, message);
  }
}

/** A value that is a lease to fill the key, or the start of one. */
export function isLease(value: Buffer): boolean {
  return value.toString('latin1', 0, LEASE.length) === LEASE;
}
