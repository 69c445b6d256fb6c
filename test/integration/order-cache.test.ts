import { describe, expect, test } from 'bun:test';
import { RedisConnection } from '../../src/storage/redis/client.ts';
import { OrderCache } from '../../src/storage/redis/order-cache.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { cached } from '../helpers/cache-setup.ts';
import { freePort } from '../helpers/free-port.ts';
import { useRedisCaches } from '../helpers/redis-caches.ts';
import { orderOf, storedDocument } from '../helpers/stored-order.ts';
import { until } from '../helpers/until.ts';

const redis = useRedisCaches();
const { setUp } = redis;

describe('a healthy Redis', () => {
  test('keeps an order as it was stored, under a key that expires', async () => {
    const setup = await setUp();
    const uid = 'uid {with} odd:chars 😀';
    setup.rows.set(uid, storedDocument(uid));
    await cached(setup, uid);
    expect(await setup.reader.find(uid)).toEqual({ ...storedDocument(uid), tier: 'redis' });
    const ttlMs = Number(await redis.server.command(['PTTL', setup.key(uid)]));
    expect(ttlMs).toBeGreaterThan(50_000);
    expect(ttlMs).toBeLessThanOrEqual(60_000);
  });

  test('does not cache absence', async () => {
    const setup = await setUp();
    expect(await setup.reader.find('later')).toBeUndefined();
    await until(async () => (await redis.server.command(['EXISTS', setup.key('later')])) === 0);
    setup.rows.set('later', storedDocument('later'));
    expect((await setup.reader.find('later'))?.tier).toBe('postgresql');
    // The lease of the miss does not keep the order out of the cache.
    await cached(setup, 'later');
  });

  test('a value that is not an order is a miss, and is replaced', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a'));
    for (const corrupt of ['', '{', '{"order":{}}', JSON.stringify({ ...storedDocument('a'), origin: 1 })]) {
      await redis.server.command(['SET', setup.key('a'), corrupt]);
      expect((await setup.reader.find('a'))?.tier).toBe('postgresql');
      await cached(setup, 'a');
    }
  });

  test('an order under another order’s key is a miss', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a'));
    setup.rows.set('b', storedDocument('b'));
    await cached(setup, 'b');
    await redis.server.command(['COPY', setup.key('b'), setup.key('a')]);
    expect(orderOf(await setup.reader.find('a'))?.order_uid).toBe('a');
  });

  test('a stale read that ends after the invalidation does not land', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a', { track_number: 'old' }));
    const gate = Promise.withResolvers<void>();
    setup.gate = gate.promise;
    const slow = setup.reader.find('a');
    await until(() => setup.reads === 1);
    expect(String(await redis.server.command(['GET', setup.key('a')]))).toStartWith('lease:');
    // The change is committed and the key invalidated while the old row is on its way.
    setup.rows.set('a', storedDocument('a', { track_number: 'new' }));
    await setup.cache.invalidate(['a']);
    gate.resolve();
    expect(orderOf(await slow)?.track_number).toBe('old');
    await cached(setup, 'a');
    expect(orderOf(await setup.reader.find('a'))?.track_number).toBe('new');
  });

  test('of two processes that miss, the one with the lease fills', async () => {
    const one = await setUp();
    const other = await setUp({ keyPrefix: one.prefix });
    const [mine, theirs] = [await one.cache.get(['a']), await other.cache.get(['a'])];
    expect([mine.leases.size, theirs.leases.size]).toEqual([1, 0]);
    await other.cache.fill([{ uid: 'a', document: storedDocument('a'), lease: 'lease:guessed' }]);
    expect((await one.cache.get(['a'])).found.size).toBe(0);
    await one.cache.fill([{ uid: 'a', document: storedDocument('a'), lease: mine.leases.get('a') ?? '' }]);
    expect((await other.cache.get(['a'])).found.get('a')).toEqual(storedDocument('a'));
  });

  test('a lease ends by itself', async () => {
    const setup = await setUp({ leaseMs: 50 });
    const { leases } = await setup.cache.get(['a']);
    await until(async () => (await redis.server.command(['EXISTS', setup.key('a')])) === 0);
    await setup.cache.fill([{ uid: 'a', document: storedDocument('a'), lease: leases.get('a') ?? '' }]);
    expect((await setup.cache.get(['a'])).found.size).toBe(0);
  });

  test('a full Redis still answers what it has', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a'));
    setup.rows.set('b', storedDocument('b'));
    await cached(setup, 'a');
    await redis.server.command(['CONFIG', 'SET', 'maxmemory', '1']);
    try {
      const [a, b] = await Promise.all([setup.reader.find('a'), setup.reader.find('b')]);
      expect([a?.tier, b?.tier]).toEqual(['redis', 'postgresql']);
      expect(setup.connection.up).toBe(true);
    } finally {
      await redis.server.command(['CONFIG', 'SET', 'maxmemory', '0']);
    }
  });
});

describe('right after the start', () => {
  const ping = async (url: string): Promise<void> => {
    const settings = { url, connectTimeoutMs: 500, commandTimeoutMs: 100 };
    const connection = new RedisConnection(settings, silentLogger);
    const cache = new OrderCache(connection, { keyPrefix: 'start', ttlSeconds: 60 }, silentLogger);
    cache.start();
    try {
      await cache.ping();
    } finally {
      await cache.close();
    }
  };

  test('Redis is not called down while it is being connected to', async () => {
    await ping(redis.server.url);
  });

  test('Redis is called down when it can’t be connected to', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    expect(ping(url)).rejects.toMatchObject({ code: 'cache_unavailable' });
  });
});
