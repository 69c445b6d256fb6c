import { afterAll, afterEach, beforeAll } from 'bun:test';
import type { OrderCache, OrderCacheOptions } from '../../src/storage/redis/order-cache.ts';
import { type CacheSetup, type RedisPlace, setUpCache } from './cache-setup.ts';
import { RedisProcess } from './redis-process.ts';

/** Opens caches for the test file's tests; each is closed after the test that opened it, and `beforeClose`. */
export function useCaches(
  defaults: Partial<OrderCacheOptions> = {},
  beforeClose: () => void = () => {},
): (place: RedisPlace, options?: Partial<OrderCacheOptions>) => Promise<CacheSetup> {
  const open: OrderCache[] = [];
  afterEach(async () => {
    beforeClose();
    await Promise.all(open.splice(0).map((cache) => cache.close()));
  });
  return async (place, options) => {
    const setup = await setUpCache(place, { ...defaults, ...options });
    open.push(setup.cache);
    return setup;
  };
}

/** A Redis of the test file's own, and caches on it. */
export interface RedisCaches {
  /** There once the file's tests begin; thawed after each of them. */
  readonly server: RedisProcess;
  /** Opens one more, on that Redis or on another address. */
  setUp(options?: Partial<OrderCacheOptions>, url?: string): Promise<CacheSetup>;
}

/** Registers what starts and ends them with the file; `defaults` are for every cache. */
export function useRedisCaches(defaults: Partial<OrderCacheOptions> = {}): RedisCaches {
  let server: RedisProcess | undefined;
  const started = (): RedisProcess => {
    if (server === undefined) throw new Error('Redis is started before the first test');
    return server;
  };
  beforeAll(async () => {
    server = await RedisProcess.start();
  });
  const open = useCaches(defaults, () => started().thaw());
  afterAll(() => server?.close());
  return {
    get server() {
      return started();
    },
    setUp: (options, url = started().url) => open(url, options),
  };
}
