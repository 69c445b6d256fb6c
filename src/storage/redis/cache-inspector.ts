import { ErrorReply } from 'redis';
import { parseRedisUrls } from '../../lib/connection-url.ts';
import { heardWithin } from '../../lib/deadline.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import type { CachedDatabase, CacheTrouble } from '../cache-trouble.ts';
import type {
  CachedKey,
  CachedKeyPage,
  CachedOrder,
  CacheOverview,
  Eviction,
  InspectedCache,
  KeySearch,
  RedisNodeOverview,
} from '../inspected-cache.ts';
import type { InvalidationSource } from '../invalidation-feed.ts';
import type { RedisConnection } from './client.ts';
import { explain } from './explain.ts';
import { KeyOwner, KeySpace } from './key-space.ts';
import type { RedisAccess, RedisNode } from './node.ts';
import { connect } from './nodes.ts';
import type { OrderCache } from './order-cache.ts';
import { decodeCachedOrder, isLease, OrderKeys } from './order-keys.ts';

/** No lease is longer than this, and its mark is at its beginning. */
const START_BYTES = 16;
/** Most keys that one call looks at, and that one SCAN does. */
const MAX_SCANNED = 20_000;
const MAX_SCAN = 1_000;

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

  async keys(search: KeySearch, count: number): Promise<CachedKeyPage | undefined> {
    const found = await this.#scan(search, count);
    if (found === undefined) return undefined;
    const { node, keys, ...rest } = found;
    const known = await this.#connection.run(() => Promise.all(keys.map((key) => this.#describe(node, key))));
    return { ...rest, keys: known.filter((one) => one !== undefined) };
  }

  async find(uid: string): Promise<CachedOrder> {
    const key = this.#space.order(uid);
    const redis = await this.#connection.run(async (nodes) => {
      const node = nodes.of(key);
      const [known, value] = await Promise.all([this.#describe(node, key), node.bytes.get(key)]);
      if (known === undefined || !Buffer.isBuffer(value)) return undefined;
      return { ...known, value, document: decodeCachedOrder(uid, value) };
    });
    return { l1: this.#cache.fromL1(uid), redis };
  }

  evict(...uids: string[]): Promise<boolean> {
    return this.#cache.invalidate(uids, 'evicted');
  }

  async evictFound(search: KeySearch, dryRun: boolean): Promise<Eviction | undefined> {
    const found = await this.#scan(search, MAX_SCAN);
    if (found === undefined) return undefined;
    const { keys, scanned, cursor } = found;
    const uids = keys.flatMap((key) => this.#space.uidOf(key) ?? []);
    const delivered = dryRun || (await this.evict(...uids));
    return { orders: uids.length, delivered, scanned, cursor };
  }

  async flush(): Promise<number> {
    const keys = await this.#space.sweep((commands) => this.#connection.run(commands));
    // Redis reports each key, too, but a moment later.
    this.#cache.flushL1();
    return keys;
  }

  /** Keys of one node, each once, until there are `wanted` or many were looked at. Undefined for an invalid cursor. */
  async #scan({ contains, cursor = '0-0' }: KeySearch, wanted: number) {
    const match = /^(\d{1,4})-(\d{1,20})$/.exec(cursor);
    const at = Number(match?.[1]);
    const { node, nodes } = await this.#connection.run(async ({ all }) => ({ node: all[at], nodes: all.length }));
    if (match === null || node === undefined) return undefined;
    const keys = new Set<string>();
    let [from, scanned, count] = [match[2] ?? '0', 0, wanted];
    do {
      const options = { MATCH: this.#space.pattern(contains), COUNT: count };
      const page = await this.#connection.run(() => node.redis.scan(from, options));
      for (const key of page.keys) keys.add(key);
      from = page.cursor;
      scanned += count;
      count = Math.min(MAX_SCAN, count * 2);
    } while (from !== '0' && keys.size < wanted && scanned < MAX_SCANNED);
    const next = from !== '0' ? `${at}-${from}` : at + 1 < nodes ? `${at + 1}-0` : undefined;
    return { node, keys: [...keys], scanned, cursor: next };
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
      key,
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

export interface CacheCheck extends RedisAccess {
  readonly keyPrefix: string;
  readonly database: CachedDatabase;
}

/**
 * Checks that Redis can be used as a cache of that database: connects, tries the commands of an order, and looks which
 * database the keys belong to, without taking them. @throws CacheUnusable
 */
export async function checkCache({ keyPrefix, database, ...access }: CacheCheck): Promise<void> {
  const { connectTimeoutMs, url } = access;
  const connecting = connect(access, { lost: () => {}, changed: () => {} });
  try {
    const { nodes, probe } = await connecting;
    await heardWithin(connectTimeoutMs, probe(false));
    const run = <T>(commands: (redis: typeof nodes) => Promise<T>) => heardWithin(connectTimeoutMs, commands(nodes));
    const space = new KeySpace(keyPrefix);
    await new OrderKeys(space, { ttlSeconds: 1 }, () => {}, silentLogger).tryOut(run);
    await new KeyOwner(space, database).look(run);
  } catch (error) {
    throw explain(error, { user: parseRedisUrls(url)[0]?.user ?? '', role: 'server' });
  } finally {
    connecting.then(
      ({ nodes }) => nodes.destroy(),
      () => {},
    );
  }
}
