import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import type { RedisOrderCache, RedisOrderCacheOptions } from '../../src/storage/redis/order-cache.ts';
import { type CacheSetup, cached, REDIS_TIMEOUT_MS, setUpCache } from '../helpers/cache-setup.ts';
import { RedisProcess } from '../helpers/redis-process.ts';
import { orderOf, storedDocument } from '../helpers/stored-order.ts';
import { until } from '../helpers/until.ts';

let server: RedisProcess;
const open: RedisOrderCache[] = [];

beforeAll(async () => {
  server = await RedisProcess.start();
});

afterEach(async () => {
  server.thaw();
  await Promise.all(open.splice(0).map((cache) => cache.close()));
});

afterAll(async () => {
  await server.close();
});

async function setUp(options: Partial<RedisOrderCacheOptions> = {}): Promise<CacheSetup> {
  const setup = await setUpCache([server.url], options);
  open.push(setup.cache);
  return setup;
}

describe('a healthy Redis', () => {
  test('keeps an order as it was stored, under a key that expires', async () => {
    const setup = await setUp();
    const uid = 'uid {with} odd:chars 😀';
    setup.rows.set(uid, storedDocument(uid));
    await cached(setup, uid);
    expect(await setup.reader.find(uid)).toEqual({ ...storedDocument(uid), tier: 'redis' });
    const ttlMs = Number(await server.command(['PTTL', setup.key(uid)]));
    expect(ttlMs).toBeGreaterThan(50_000);
    expect(ttlMs).toBeLessThanOrEqual(60_000);
  });

  test('does not cache absence', async () => {
    const setup = await setUp();
    expect(await setup.reader.find('later')).toBeUndefined();
    await until(async () => (await server.command(['EXISTS', setup.key('later')])) === 0);
    setup.rows.set('later', storedDocument('later'));
    expect((await setup.reader.find('later'))?.tier).toBe('postgresql');
    // The lease of the miss does not keep the order out of the cache.
    await cached(setup, 'later');
  });

  test('a value that is not an order is a miss, and is replaced', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a'));
    for (const corrupt of ['', '{', '{"order":{}}', JSON.stringify({ ...storedDocument('a'), origin: 1 })]) {
      await server.command(['SET', setup.key('a'), corrupt]);
      expect((await setup.reader.find('a'))?.tier).toBe('postgresql');
      await cached(setup, 'a');
    }
  });

  test('an order under another order’s key is a miss', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a'));
    setup.rows.set('b', storedDocument('b'));
    await cached(setup, 'b');
    await server.command(['COPY', setup.key('b'), setup.key('a')]);
    expect(orderOf(await setup.reader.find('a'))?.order_uid).toBe('a');
  });

  test('a stale read that ends after the invalidation does not land', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a', { track_number: 'old' }));
    const gate = Promise.withResolvers<void>();
    setup.gate = gate.promise;
    const slow = setup.reader.find('a');
    await until(() => setup.reads === 1);
    expect(String(await server.command(['GET', setup.key('a')]))).toStartWith('lease:');
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
    await until(async () => (await server.command(['EXISTS', setup.key('a')])) === 0);
    await setup.cache.fill([{ uid: 'a', document: storedDocument('a'), lease: leases.get('a') ?? '' }]);
    expect((await setup.cache.get(['a'])).found.size).toBe(0);
  });

  test('a full Redis still answers what it has', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a'));
    setup.rows.set('b', storedDocument('b'));
    await cached(setup, 'a');
    await server.command(['CONFIG', 'SET', 'maxmemory', '1']);
    try {
      const [a, b] = await Promise.all([setup.reader.find('a'), setup.reader.find('b')]);
      expect([a?.tier, b?.tier]).toEqual(['redis', 'postgresql']);
      expect(setup.connection.up).toBe(true);
    } finally {
      await server.command(['CONFIG', 'SET', 'maxmemory', '0']);
    }
  });
});

describe('a Redis in trouble', () => {
  test('frozen: one time-out, then lookups do not notice; thawed: it is used again', async () => {
    const setup = await setUp();
    for (let at = 0; at < 50; at++) setup.rows.set(`o${at}`, storedDocument(`o${at}`));
    await cached(setup, 'o0');
    server.freeze();
    const slowest = { ms: 0, after: 0 };
    for (let at = 0; at < 200; at++) {
      const from = performance.now();
      const found = await setup.reader.find(`o${at % 50}`);
      const ms = performance.now() - from;
      expect(found?.tier).toBe('postgresql');
      if (ms > slowest.ms) slowest.ms = ms;
      if (at > 0 && ms > slowest.after) slowest.after = ms;
    }
    expect(slowest.ms).toBeLessThan(REDIS_TIMEOUT_MS + 100);
    expect(slowest.after).toBeLessThan(REDIS_TIMEOUT_MS / 2);
    server.thaw();
    await cached(setup, 'o0');
  });

  test('lookups that are out when it freezes are all answered within the time-out', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a'));
    server.freeze();
    const from = performance.now();
    const waves: Promise<unknown>[] = [];
    for (let wave = 0; wave < 20; wave++) {
      waves.push(Promise.resolve(setup.reader.find(`absent${wave}`)));
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    expect(await Promise.all(waves)).toEqual(waves.map(() => undefined));
    // The last wave did not wait a time-out of its own: the first one's opened the breaker for all.
    expect(performance.now() - from).toBeLessThan(REDIS_TIMEOUT_MS + 100);
  });

  test('kill -9 under lookups fails none of them, and it comes back', async () => {
    const setup = await setUp();
    for (let at = 0; at < 20; at++) setup.rows.set(`o${at}`, storedDocument(`o${at}`));
    let answered = 0;
    let stop = false;
    const load = Array.from({ length: 20 }, async (_, at) => {
      while (!stop) {
        if ((await setup.reader.find(`o${at}`)) === undefined) throw new Error(`o${at} was not found`);
        answered++;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    });
    await cached(setup, 'o0');
    await server.kill();
    const atKill = answered;
    await until(() => answered > atKill + 500);
    await server.boot();
    await cached(setup, 'o0');
    stop = true;
    await Promise.all(load);
  });

  test('was never there: lookups work, and it is used once it comes', async () => {
    await server.kill();
    const starting = setUp();
    await server.boot();
    const setup = await starting;
    setup.rows.set('a', storedDocument('a'));
    await cached(setup, 'a');
  });

  test('an invalidation while it is away is made good before it is used again', async () => {
    const setup = await setUp();
    for (const uid of ['a', 'b']) setup.rows.set(uid, storedDocument(uid, { track_number: 'old' }));
    await cached(setup, 'a');
    await cached(setup, 'b');
    server.freeze();
    for (const uid of ['a', 'b']) {
      setup.rows.set(uid, storedDocument(uid, { track_number: 'new' }));
      await setup.cache.invalidate([uid]);
    }
    const seen = new Set<string>();
    server.thaw();
    await until(async () => {
      const found = await Promise.all(['a', 'b'].map((uid) => setup.reader.find(uid)));
      for (const one of found) seen.add(orderOf(one)?.track_number ?? 'absent');
      return found.every((one) => one?.tier === 'redis');
    });
    expect([...seen]).toEqual(['new']);
  });

  test('more missed invalidations than it keeps: everything is swept', async () => {
    const setup = await setUp({ maxMissed: 10 });
    for (let at = 0; at < 50; at++) {
      setup.rows.set(`o${at}`, storedDocument(`o${at}`, { track_number: 'old' }));
      await cached(setup, `o${at}`);
    }
    await server.command(['SET', 'not-ours:v2:order:x', 'kept']);
    server.freeze();
    for (let at = 0; at < 50; at++) {
      setup.rows.set(`o${at}`, storedDocument(`o${at}`, { track_number: 'new' }));
      await setup.cache.invalidate([`o${at}`]);
    }
    server.thaw();
    await until(() => setup.connection.up);
    for (let at = 0; at < 50; at++) {
      expect(orderOf(await setup.reader.find(`o${at}`))?.track_number).toBe('new');
    }
    expect(await server.command(['GET', 'not-ours:v2:order:x'])).toBe('kept');
  });

  test('a Redis that refuses an invalidation is out of use until it takes it', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a', { track_number: 'old' }));
    await cached(setup, 'a');
    await server.command(['ACL', 'SETUSER', 'default', '-unlink']);
    try {
      setup.rows.set('a', storedDocument('a', { track_number: 'new' }));
      await setup.cache.invalidate(['a']);
      for (let at = 0; at < 50; at++) {
        expect(orderOf(await setup.reader.find('a'))?.track_number).toBe('new');
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    } finally {
      await server.command(['ACL', 'SETUSER', 'default', '+unlink']);
    }
    await cached(setup, 'a');
  });

  test('an old snapshot does not bring back what was invalidated', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a', { track_number: 'old' }));
    await cached(setup, 'a');
    await server.command(['SET', 'witness', 'kept']);
    await server.command(['SAVE']);
    await server.command(['DEL', 'witness']);
    setup.rows.set('a', storedDocument('a', { track_number: 'new' }));
    await setup.cache.invalidate(['a']);
    await server.kill();
    await server.boot();
    expect(await server.command(['GET', 'witness'])).toBe('kept');
    await until(() => setup.connection.up);
    expect(orderOf(await setup.reader.find('a'))?.track_number).toBe('new');
  });

  test('close delivers what is still out', async () => {
    const setup = await setUp();
    for (const uid of ['a', 'b']) setup.rows.set(uid, storedDocument(uid));
    await cached(setup, 'a');
    await cached(setup, 'b');
    void setup.cache.invalidate(['a']);
    void setup.cache.invalidate(['b']);
    await setup.cache.close();
    expect(await server.command(['EXISTS', setup.key('a'), setup.key('b')])).toBe(0);
  });

  test('close ends at once, whatever Redis does', async () => {
    const setup = await setUp();
    server.freeze();
    const asked = setup.cache.get(['a']);
    const from = performance.now();
    await setup.cache.close();
    expect((await asked).found.size).toBe(0);
    expect(performance.now() - from).toBeLessThan(50);
    await setup.cache.invalidate(['a']);
    expect(setup.cache.ping()).rejects.toMatchObject({ code: 'cache_unavailable' });
  });
});
