import { OrderReader } from '../../src/storage/order-reader.ts';
import { RedisConnection } from '../../src/storage/redis/client.ts';
import { OrderCache, type OrderCacheOptions } from '../../src/storage/redis/order-cache.ts';
import type { OrderDocument } from '../../src/storage/stored-orders.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { until } from './until.ts';

/** Longest a command may take in these set-ups, ms. */
export const REDIS_TIMEOUT_MS = 100;
let number = 0;

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
export async function setUpCache(
  urls: readonly string[],
  options: Partial<OrderCacheOptions> = {},
): Promise<CacheSetup> {
  const prefix = options.keyPrefix ?? `test-${process.pid}-${number++}`;
  const connection = new RedisConnection(
    {
      urls,
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
