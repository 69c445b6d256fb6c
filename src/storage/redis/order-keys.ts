import { randomBytes } from 'node:crypto';
import { ErrorReply } from 'redis';
import type { Logger } from '../../telemetry/logger.ts';
import type { CacheFill } from '../order-cache.ts';
import type { OrderDocument } from '../stored-orders.ts';
import { decodeCachedOrder, encodeCachedOrder } from './cached-order.ts';
import type { RedisRun } from './client.ts';
import type { KeySpace } from './key-space.ts';
import type { RedisNodes } from './nodes.ts';

export interface OrderKeysOptions {
  readonly ttlSeconds: number;
  readonly leaseMs?: number;
}

/** Marks a lease in the order's own key, so one DEL takes both and a cluster keeps both on one shard. No cached order begins so. */
const LEASE = 'lease:';
const FILL = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;
const RELEASE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** The commands on the keys of orders: read them, plant leases, fill, delete. */
export class OrderKeys {
  readonly #space: KeySpace;
  readonly #ttlMs: number;
  readonly #leaseMs: number;
  readonly #onNoLease: (error: ErrorReply) => void;
  readonly #logger: Logger;
  readonly #leaseName = LEASE + randomBytes(9).toString('base64url');
  #leaseNumber = 0;

  /** `onNoLease`: told why Redis gives no lease. */
  constructor(
    space: KeySpace,
    options: OrderKeysOptions,
    onNoLease: (error: ErrorReply) => void,
    logger: Logger,
  ) {
    this.#space = space;
    this.#ttlMs = options.ttlSeconds * 1000;
    this.#leaseMs = options.leaseMs ?? 5_000;
    this.#onNoLease = onNoLease;
    this.#logger = logger;
  }

  /** Does on each server what is done there for an order, by the same commands. @throws ErrorReply of the one that is refused */
  tryOut(run: RedisRun): Promise<void> {
    return this.#space.tryOut(run, FILL, this.#leaseName);
  }

  /** What is cached of the orders, and leases for those that are not. */
  async ask(redis: RedisNodes, uids: readonly string[]) {
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
      await this.unlink(redis, corrupt);
    }
    const wanted = [...free, ...corrupt];
    const leases = await this.#plant(redis, wanted);
    for (const uid of wanted) if (leases !== undefined && !leases.has(uid)) held.add(uid);
    return { found, leases: leases ?? new Map(), held };
  }

  /** True when the order is in Redis now. */
  async store(redis: RedisNodes, { uid, lease, document }: CacheFill): Promise<boolean> {
    const key = this.#space.order(uid);
    const node = redis.of(key).redis;
    if (document === undefined) {
      await node.eval(RELEASE, { keys: [key], arguments: [lease] });
      return false;
    }
    const ttlMs = Math.ceil(this.#ttlMs * (1 - Math.random() / 10));
    const reply = await node.eval(FILL, {
      keys: [key],
      arguments: [lease, encodeCachedOrder(uid, document), String(ttlMs)],
    });
    return reply === 1;
  }

  async unlink(redis: RedisNodes, uids: readonly string[]): Promise<void> {
    const keys = uids.map((uid) => this.#space.order(uid));
    await Promise.all(keys.map((key) => redis.of(key).redis.unlink(key)));
  }

  /** The leases that were given; undefined when Redis gives none at present. */
  async #plant(redis: RedisNodes, uids: readonly string[]): Promise<ReadonlyMap<string, string> | undefined> {
    if (uids.length === 0) return new Map();
    const lease = `${this.#leaseName}.${this.#leaseNumber++}`;
    const options = { condition: 'NX', expiration: { type: 'PX', value: this.#leaseMs } } as const;
    try {
      const keys = uids.map((uid) => this.#space.order(uid));
      const replies = await Promise.all(keys.map((key) => redis.of(key).redis.set(key, lease, options)));
      return new Map(uids.filter((_, at) => replies[at] === 'OK').map((uid) => [uid, lease]));
    } catch (error) {
      // A full or read-only Redis still answers reads; it only can't be filled.
      if (!(error instanceof ErrorReply)) throw error;
      this.#onNoLease(error);
      return undefined;
    }
  }
}

/** A value that is a lease to fill the key, or the start of one. */
export function isLease(value: Buffer): boolean {
  return value.toString('latin1', 0, LEASE.length) === LEASE;
}
