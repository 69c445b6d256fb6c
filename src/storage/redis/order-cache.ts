import { randomBytes } from 'node:crypto';
import { ErrorReply } from 'redis';
import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { CacheAnswer, CacheFill, OrderCache } from '../order-cache.ts';
import type { StoredOrder } from '../order-store.ts';
import { decodeCachedOrder, encodeCachedOrder } from './cached-order.ts';
import type { RedisCommands, RedisConnection, RedisRun } from './client.ts';
import { KeySpace } from './key-space.ts';
import { MissedInvalidations } from './missed-invalidations.ts';

export interface RedisOrderCacheOptions {
  readonly keyPrefix: string;
  /** Life of a cached order; each gets up to a tenth less, so that what was filled together does not expire together. */
  readonly ttlSeconds: number;
  /** Time between a miss and its fill; then the lease is lost. */
  readonly leaseMs?: number;
  /** Most invalidations kept while Redis is away, before the whole key space is swept instead. */
  readonly maxMissed?: number;
}

/** Marks a lease in the order's own key, so one DEL takes both and a cluster keeps both on one shard. JSON can't begin so. */
const LEASE = 'lease:';
const NOTHING: CacheAnswer = { found: new Map(), leases: new Map() };
const FILL = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;
const RELEASE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/**
 * Orders in Redis, `<prefix>:v1:order:<uid>` → JSON.
 *
 * No stale value survives an invalidation: a fill needs the lease that was planted before the database was read, and
 * the invalidation deletes order and lease alike. While an invalidation is not acknowledged, Redis is out of use in this process. A
 * Redis that came back from a snapshot or a failover may have lost deletes, so the key space is swept whenever its
 * run_id is not the one noted in `<prefix>:v1:run-id`. Other processes may serve an order whose invalidation could not be
 * delivered until its TTL ends, should this process die before it could.
 */
export class RedisOrderCache implements OrderCache {
  readonly #connection: RedisConnection;
  readonly #logger: Logger;
  readonly #space: KeySpace;
  readonly #ttlMs: number;
  readonly #leaseMs: number;
  readonly #missed: MissedInvalidations;
  readonly #leaseName = LEASE + randomBytes(9).toString('base64url');
  #leaseNumber = 0;

  /** Takes the connection over: starts and closes it. */
  constructor(connection: RedisConnection, options: RedisOrderCacheOptions, logger: Logger) {
    this.#connection = connection;
    this.#logger = logger;
    this.#space = new KeySpace(options.keyPrefix);
    this.#ttlMs = options.ttlSeconds * 1000;
    this.#leaseMs = options.leaseMs ?? 5_000;
    this.#missed = new MissedInvalidations(options.maxMissed ?? 100_000);
  }

  /** Connects in the background; until then every `get` answers with nothing. Never throws. */
  start(): void {
    this.#connection.start({
      prepare: (run) => this.#prepare(run),
      onUp: () => void this.#deliver(),
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
    await this.#connection.run((redis) => redis.ping());
  }

  async get(uids: readonly string[]): Promise<CacheAnswer> {
    const asked = this.#missed.size === 0 ? uids : uids.filter((uid) => !this.#missed.has(uid));
    if (asked.length === 0 || !this.#usable) return NOTHING;
    try {
      // One run, so one time limit for the whole of it.
      const { found, leases } = await this.#connection.run((redis) => this.#ask(redis, asked));
      // An invalidation may have come in while Redis was asked.
      if (this.#missed.size > 0) for (const uid of found.keys()) if (this.#missed.has(uid)) found.delete(uid);
      return { found, leases };
    } catch (error) {
      this.#note(error, 'redis did not answer a lookup');
      return NOTHING;
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

  async invalidate(uids: readonly string[]): Promise<void> {
    if (uids.length === 0) return;
    if (this.#missed.add(uids)) this.#connection.distrust('too many invalidations not delivered');
    await this.#deliver();
  }

  get #usable(): boolean {
    return this.#connection.up && !this.#missed.sweepWanted;
  }

  async #store(redis: RedisCommands, { uid, lease, stored }: CacheFill): Promise<void> {
    const keys = [this.#space.order(uid)];
    if (stored === undefined) {
      await redis.eval(RELEASE, { keys, arguments: [lease] });
      return;
    }
    const ttlMs = Math.ceil(this.#ttlMs * (1 - Math.random() / 10));
    await redis.eval(FILL, { keys, arguments: [lease, encodeCachedOrder(stored), String(ttlMs)] });
  }

  async #ask(redis: RedisCommands, uids: readonly string[]) {
    const texts = await Promise.all(uids.map((uid) => redis.get(this.#space.order(uid))));
    const found = new Map<string, StoredOrder>();
    const free: string[] = [];
    const corrupt: string[] = [];
    for (const [at, uid] of uids.entries()) {
      const text = texts[at];
      if (typeof text !== 'string') free.push(uid);
      else if (!text.startsWith(LEASE)) {
        const stored = decodeCachedOrder(uid, text);
        if (stored === undefined) corrupt.push(uid);
        else found.set(uid, stored);
      }
    }
    if (corrupt.length > 0) {
      this.#logger.warn({ orders: corrupt.length }, 'dropped cached values that are not orders');
      await Promise.all(corrupt.map((uid) => redis.unlink(this.#space.order(uid))));
    }
    return { found, leases: await this.#plant(redis, [...free, ...corrupt]) };
  }

  async #plant(redis: RedisCommands, uids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const lease = `${this.#leaseName}.${this.#leaseNumber++}`;
    const options = { condition: 'NX', expiration: { type: 'PX', value: this.#leaseMs } } as const;
    try {
      const replies = await Promise.all(uids.map((uid) => redis.set(this.#space.order(uid), lease, options)));
      return new Map(uids.filter((_, at) => replies[at] === 'OK').map((uid) => [uid, lease]));
    } catch (error) {
      // A full or read-only Redis still answers reads; it only can't be filled.
      if (!(error instanceof ErrorReply)) throw error;
      this.#note(error, 'redis did not give a lease');
      return NOTHING.leases;
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
    const runId = await this.#space.changedRunId(run);
    if (runId !== undefined) this.#missed.wantSweep();
    while (this.#missed.sweepWanted || this.#missed.size > 0) {
      if (this.#missed.sweepWanted) {
        await this.#missed.sweep(async () => {
          const keys = await this.#space.sweep(run);
          if (keys > 0) this.#logger.info({ keys }, 'swept the cache');
        });
      }
      await this.#unlinkMissed(run);
    }
    if (runId !== undefined) await this.#space.noteRunId(run, runId);
  }

  async #unlinkMissed(run: RedisRun): Promise<void> {
    const taken = this.#missed.take();
    const uids = [...taken.keys()];
    for (let from = 0; from < uids.length; from += 1000) {
      const chunk = uids.slice(from, from + 1000);
      await run((redis) => Promise.all(chunk.map((uid) => redis.unlink(this.#space.order(uid)))));
    }
    this.#missed.delivered(taken);
  }

  #note(error: unknown, message: string): void {
    this.#logger.debug({ reason: messageOf(error) }, message);
  }
}
