import { ErrorReply } from 'redis';
import { messageOf } from '../../lib/app-error.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { type CachedDatabase, type CacheTrouble, CacheUnusable } from '../cache-trouble.ts';
import type {
  CachedKey,
  CachedKeyPage,
  CachedOrder,
  CacheOverview,
  InspectedCache,
  RedisNodeOverview,
} from '../inspected-cache.ts';
import type { InvalidationSource } from '../invalidation-feed.ts';
import { heardWithin, type RedisConnection } from './client.ts';
import { KeyOwner, KeySpace } from './key-space.ts';
import type { RedisNode } from './node.ts';
import { connect } from './nodes.ts';
import type { OrderCache } from './order-cache.ts';
import { decodeCachedOrder, isLease, OrderKeys } from './order-keys.ts';
import { troubleOf } from './refusals.ts';

/** No lease is longer than this, and its mark is at its beginning. */
const START_BYTES = 16;

/** The cache's orders in Redis and in L1, over the connection of the cache. */
export class CacheInspector implements InspectedCache {
  readonly #connection: RedisConnection;
  readonly #cache: OrderCache;
  readonly #space: KeySpace;

  constructor(connection: RedisConnection, cache: OrderCache, keyPrefix: string) {
    this.#connection = connection;
    this.#cache = cache;
    this.#space = new KeySpace(keyPrefix);
  }

  get invalidations(): InvalidationSource {
    return this.#cache.forgotten;
  }

  get trouble(): CacheTrouble | undefined {
    return this.#cache.trouble;
  }

  get errors(): Readonly<Partial<Record<CacheTrouble, number>>> {
    return this.#cache.errors;
  }

  async overview(): Promise<CacheOverview> {
    const l1 = this.#cache.l1;
    let nodes: RedisNodeOverview[] = [];
    if (this.#connection.up) {
      const asked = this.#connection.run((redis) => Promise.all(redis.all.map(overviewOf)));
      nodes = await asked.catch(() => []);
    }
    return { l1, redis: { trouble: this.trouble, nodes } };
  }

  async keys(cursor: string | undefined, count: number): Promise<CachedKeyPage | undefined> {
    const match = /^(\d{1,4})-(\d{1,20})$/.exec(cursor ?? '0-0');
    if (match === null) return undefined;
    const [at, from] = [Number(match[1]), match[2] ?? '0'];
    return await this.#connection.run(async (redis) => {
      const node = redis.all[at];
      if (node === undefined) return undefined;
      const page = await node.redis.scan(from, { MATCH: this.#space.orderPattern, COUNT: count });
      const keys = await Promise.all(page.keys.map((key) => this.#describe(node, key)));
      const next = page.cursor !== '0' ? `${at}-${page.cursor}` : at + 1 < redis.all.length ? `${at + 1}-0` : undefined;
      return { keys: keys.filter((one) => one !== undefined), cursor: next };
    });
  }

  async find(uid: string): Promise<CachedOrder> {
    const key = this.#space.order(uid);
    const redis = await this.#connection.run(async (nodes) => {
      const node = nodes.of(key);
      const [known, value] = await Promise.all([this.#describe(node, key), node.bytes.get(key)]);
      if (known === undefined || !Buffer.isBuffer(value)) return undefined;
      return { ...known, document: decodeCachedOrder(uid, value) };
    });
    return { l1: this.#cache.fromL1(uid), redis };
  }

  evict(uid: string): Promise<boolean> {
    return this.#cache.invalidate([uid], 'evicted');
  }

  async flush(): Promise<number> {
    const keys = await this.#space.sweep((commands) => this.#connection.run(commands));
    // Redis reports each key, too, but a moment later.
    this.#cache.flushL1();
    return keys;
  }

  /** Undefined when the key is gone. */
  async #describe({ redis, bytes }: RedisNode, key: string): Promise<CachedKey | undefined> {
    const [ttlMs, length, start] = await Promise.all([
      redis.pTTL(key),
      redis.strLen(key),
      bytes.getRange(key, 0, START_BYTES),
    ]);
    if (ttlMs === -2) return undefined;
    return {
      uid: this.#space.uidOf(key) ?? key,
      kind: isLease(Buffer.from(start ?? '')) ? 'lease' : 'order',
      ttlMs: ttlMs < 0 ? undefined : ttlMs,
      bytes: length,
    };
  }
}

async function overviewOf({ redis, address, tracked }: RedisNode): Promise<RedisNodeOverview> {
  const [keys, memory] = await Promise.all([redis.dbSize(), memoryOf(redis)]);
  const figure = (name: string): number | undefined => {
    const match = new RegExp(`^${name}:(\\d+)`, 'm').exec(memory);
    return match === null ? undefined : Number(match[1]);
  };
  return { address, tracked, keys, usedBytes: figure('used_memory'), maxBytes: figure('maxmemory') };
}

async function memoryOf(redis: RedisNode['redis']): Promise<string> {
  try {
    return await redis.info('memory');
  } catch (error) {
    // Hosted servers may forbid INFO.
    if (error instanceof ErrorReply) return '';
    throw error;
  }
}

export interface CacheCheck {
  readonly urls: readonly string[];
  readonly connectTimeoutMs: number;
  readonly keyPrefix: string;
  readonly database: CachedDatabase;
}

/**
 * Checks that Redis can be used as a cache of that database: connects, tries the commands of an order, and looks which
 * database the keys belong to, without taking them. @throws CacheUnusable
 */
export async function checkCache({ urls, connectTimeoutMs, keyPrefix, database }: CacheCheck): Promise<void> {
  const connecting = connect(urls, connectTimeoutMs, { lost: () => {}, changed: () => {} });
  try {
    const { nodes } = await heardWithin(connectTimeoutMs * urls.length, connecting);
    const run = <T>(commands: (redis: typeof nodes) => Promise<T>) => heardWithin(connectTimeoutMs, commands(nodes));
    const space = new KeySpace(keyPrefix);
    await new OrderKeys(space, { ttlSeconds: 1 }, () => {}, silentLogger).tryOut(run);
    await new KeyOwner(space, database).look(run);
  } catch (error) {
    throw error instanceof CacheUnusable ? error : new CacheUnusable(troubleOf(error), messageOf(error), error);
  } finally {
    connecting.then(
      ({ nodes }) => nodes.destroy(),
      () => {},
    );
  }
}
