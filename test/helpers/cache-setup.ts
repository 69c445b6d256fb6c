import { type CachedDatabase, CacheUnusable } from '../../src/storage/cache-trouble.ts';
import { OrderReader } from '../../src/storage/order-reader.ts';
import { checkCache } from '../../src/storage/redis/cache-inspector.ts';
import { RedisConnection } from '../../src/storage/redis/client.ts';
import type { RedisAccess } from '../../src/storage/redis/node.ts';
import { OrderCache, type OrderCacheOptions } from '../../src/storage/redis/order-cache.ts';
import type { OrderDocument } from '../../src/storage/stored-orders.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { until } from './until.ts';

/** Longest a command may take in these set-ups, ms. */
export const REDIS_TIMEOUT_MS = 100;
let number = 0;

/** The URL of a Redis, or how to reach it. */
export type RedisPlace = string | Omit<RedisAccess, 'connectTimeoutMs'>;

/** A cache and a reader on a real Redis, over a database in memory. */
export interface CacheSetup {
  readonly cache: OrderCache;
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly key: (uid: string) => string;
  readonly reader: OrderReader;
  /** The database: what `findMany` finds. */
  readonly rows: Map<string, OrderDocument>;
  /** Awaited by `findMany` between reading and answering. */
  gate: Promise<void>;
  /** How many times `findMany` has read. */
  reads: number;
}

/** Starts them, as one process would; resolves once Redis is in use. Close the cache. */
export async function setUpCache(access: RedisPlace, options: Partial<OrderCacheOptions> = {}): Promise<CacheSetup> {
  const prefix = options.keyPrefix ?? `test-${process.pid}-${number++}`;
  const connection = new RedisConnection(
    {
      ...(typeof access === 'string' ? { url: access } : access),
      connectTimeoutMs: 500,
      commandTimeoutMs: REDIS_TIMEOUT_MS,
      retryMinMs: 10,
      retryMaxMs: 50,
    },
    silentLogger,
  );
  const cache = new OrderCache(connection, { keyPrefix: prefix, ttlSeconds: 60, ...options }, silentLogger);
  const rows = new Map<string, OrderDocument>();
  const setup: CacheSetup = {
    cache,
    connection,
    prefix,
    key: (uid) => `${prefix}:v2:order:${uid}`,
    rows,
    gate: Promise.resolve(),
    reads: 0,
    reader: new OrderReader({
      cache,
      store: {
        findMany: async (uids) => {
          const read = new Map(
            uids.flatMap((uid) => [...rows].filter(([row]) => row === uid).map(([, one]) => [uid, one])),
          );
          setup.reads++;
          await setup.gate;
          return read;
        },
      },
    }),
  };
  cache.start();
  await until(() => connection.up);
  return setup;
}

/** Waits until the lookup is answered by Redis: the fill is not awaited by the reader. */
export async function cached({ reader }: CacheSetup, uid: string): Promise<void> {
  await until(async () => (await reader.find(uid))?.tier === 'redis');
}

/** The database of all orders. */
export const ONE_DATABASE: CachedDatabase = { identity: async () => 'one', isGone: async () => true };

/** What `doctor` would say of that Redis; undefined when it can be used. */
export async function complaint(place: RedisPlace): Promise<CacheUnusable | undefined> {
  const access = typeof place === 'string' ? { url: place } : place;
  try {
    await checkCache({ connectTimeoutMs: 2_000, ...access, keyPrefix: 'least', database: ONE_DATABASE });
    return undefined;
  } catch (error) {
    if (error instanceof CacheUnusable) return error;
    throw error;
  }
}
