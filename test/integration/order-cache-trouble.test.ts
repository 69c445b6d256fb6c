import { describe, expect, test } from 'bun:test';
import { type CacheSetup, cached, REDIS_TIMEOUT_MS } from '../helpers/cache-setup.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { useRedisCaches } from '../helpers/redis-caches.ts';
import { orderOf, storedDocument } from '../helpers/stored-order.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';

const redis = useRedisCaches();
const { setUp } = redis;

describe('a Redis that is full', () => {
  test('lets orders go, does not grow, and every lookup is right', async () => {
    const setup = await setUp({ l1Bytes: 200_000 });
    const before = await usedMemory();
    const limit = before + 2_000_000;
    await redis.server.command(['CONFIG', 'SET', 'maxmemory', String(limit)]);
    await redis.server.command(['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru']);
    try {
      for (let from = 0; from < 4_000; from += 200) {
        const uids = Array.from({ length: 200 }, (_, at) => `o${from + at}`);
        for (const uid of uids) setup.rows.set(uid, storedDocument(uid));
        for (let round = 0; round < 2; round++) {
          const found = await Promise.all(uids.map((uid) => setup.reader.find(uid)));
          expect(found.map((one) => orderOf(one)?.order_uid)).toEqual(uids);
        }
        expect(setup.cache.l1.bytes).toBeLessThanOrEqual(200_000);
        expect(await usedMemory()).toBeLessThan(limit * 1.1);
      }
      expect(Number(await redis.server.command(['DBSIZE']))).toBeLessThan(2_500);
      // Redis counts idleness by the second: of orders of one second any may go.
      const first = Array.from({ length: 200 }, (_, at) => `o${at}`);
      const found = await Promise.all(first.map((uid) => setup.reader.find(uid)));
      expect(found.map((one) => orderOf(one)?.order_uid)).toEqual(first);
      expect(found.map((one) => one?.tier)).toContain('postgresql');
      expect(setup.connection.up).toBe(true);
    } finally {
      await redis.server.command(['CONFIG', 'SET', 'maxmemory', '0']);
      await redis.server.command(['CONFIG', 'SET', 'maxmemory-policy', 'noeviction']);
    }
  });
});

/** Bytes Redis holds, by its own account. */
async function usedMemory(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(String(await redis.server.command(['INFO', 'memory'])))?.[1]);
}

/** Looks up every 2 ms for `ms`; returns the slowest time, and the slowest after the first time-out. */
async function lookUpFor({ reader }: CacheSetup, ms: number): Promise<{ slowest: number; later: number }> {
  const from = unstalledNow();
  const times: { at: number; ms: number }[] = [];
  const lookups: Promise<void>[] = [];
  while (unstalledNow() - from < ms) {
    const at = unstalledNow();
    const look = async (): Promise<void> => {
      const found = await reader.find(`o${times.length % 20}`);
      if (found === undefined) throw new Error('not found');
      times.push({ at: at - from, ms: unstalledNow() - at });
    };
    lookups.push(look());
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(lookups);
  const worst = (some: typeof times): number => Math.max(0, ...some.map((one) => one.ms));
  return { slowest: worst(times), later: worst(times.filter(({ at }) => at > 3 * REDIS_TIMEOUT_MS)) };
}

const delay =
  (ms: number) =>
  (proxy: FaultProxy): void => {
    proxy.latencyMs = ms;
  };

describe('a network in trouble', () => {
  for (const [trouble, begin, end] of [
    ['slow', delay(80), delay(0)],
    ['a black hole', (proxy) => proxy.setMode('black-hole'), (proxy) => proxy.setMode('pass')],
    ['cut off', (proxy) => proxy.setMode('refuse'), (proxy) => proxy.setMode('pass')],
  ] as readonly [string, (proxy: FaultProxy) => unknown, (proxy: FaultProxy) => unknown][]) {
    test(`${trouble}: no lookup takes longer than the time-out and 100 ms, the later ones do not notice, then it is used again`, async () => {
      const proxy = await FaultProxy.inFrontOf(redis.server.url);
      const setup = await setUp({}, proxy.urlOf(redis.server.url));
      for (let at = 0; at < 20; at++) setup.rows.set(`o${at}`, storedDocument(`o${at}`, { track_number: 'old' }));
      await cached(setup, 'o0');
      await begin(proxy);
      const { slowest, later } = await lookUpFor(setup, 1_000);
      expect(slowest).toBeLessThan(REDIS_TIMEOUT_MS + 100);
      expect(later).toBeLessThan(REDIS_TIMEOUT_MS / 2);
      setup.rows.set('o0', storedDocument('o0', { track_number: 'new' }));
      expect(await setup.cache.invalidate(['o0'])).toBe(false);
      await end(proxy);
      const seen = new Set<string | undefined>();
      await until(async () => {
        const found = await setup.reader.find('o0');
        seen.add(orderOf(found)?.track_number);
        return found?.tier === 'redis';
      });
      expect(seen).toEqual(new Set(['new']));
      await proxy.close();
    });
  }
});

describe('a Redis in trouble', () => {
  test('frozen: one time-out, then lookups do not notice; thawed: it is used again', async () => {
    const setup = await setUp();
    for (let at = 0; at < 50; at++) setup.rows.set(`o${at}`, storedDocument(`o${at}`));
    await cached(setup, 'o0');
    redis.server.freeze();
    const slowest = { ms: 0, after: 0 };
    for (let at = 0; at < 200; at++) {
      const from = unstalledNow();
      const found = await setup.reader.find(`o${at % 50}`);
      const ms = unstalledNow() - from;
      expect(found?.tier).toBe('postgresql');
      if (ms > slowest.ms) slowest.ms = ms;
      if (at > 0 && ms > slowest.after) slowest.after = ms;
    }
    expect(slowest.ms).toBeLessThan(REDIS_TIMEOUT_MS + 100);
    expect(slowest.after).toBeLessThan(REDIS_TIMEOUT_MS / 2);
    redis.server.thaw();
    await cached(setup, 'o0');
  });

  test('lookups that are out when it freezes are all answered within the time-out', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a'));
    redis.server.freeze();
    const from = unstalledNow();
    const waves: Promise<unknown>[] = [];
    for (let wave = 0; wave < 20; wave++) {
      waves.push(Promise.resolve(setup.reader.find(`absent${wave}`)));
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    expect(await Promise.all(waves)).toEqual(waves.map(() => undefined));
    // The last wave did not wait a time-out of its own: the first one's opened the breaker for all.
    expect(unstalledNow() - from).toBeLessThan(REDIS_TIMEOUT_MS + 100);
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
    await redis.server.kill();
    const atKill = answered;
    await until(() => answered > atKill + 500);
    await redis.server.boot();
    await cached(setup, 'o0');
    stop = true;
    await Promise.all(load);
  });

  test('was never there: lookups work, and it is used once it comes', async () => {
    await redis.server.kill();
    const starting = setUp();
    await redis.server.boot();
    const setup = await starting;
    setup.rows.set('a', storedDocument('a'));
    await cached(setup, 'a');
  });

  test('an invalidation while it is away is made good before it is used again', async () => {
    const setup = await setUp();
    for (const uid of ['a', 'b']) setup.rows.set(uid, storedDocument(uid, { track_number: 'old' }));
    await cached(setup, 'a');
    await cached(setup, 'b');
    redis.server.freeze();
    for (const uid of ['a', 'b']) {
      setup.rows.set(uid, storedDocument(uid, { track_number: 'new' }));
      await setup.cache.invalidate([uid]);
    }
    const seen = new Set<string>();
    redis.server.thaw();
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
    await redis.server.command(['SET', 'not-ours:v2:order:x', 'kept']);
    redis.server.freeze();
    for (let at = 0; at < 50; at++) {
      setup.rows.set(`o${at}`, storedDocument(`o${at}`, { track_number: 'new' }));
      await setup.cache.invalidate([`o${at}`]);
    }
    expect(setup.cache.figures.undelivered).toBeGreaterThan(10);
    redis.server.thaw();
    await until(() => setup.connection.up);
    expect(setup.cache.figures.undelivered).toBe(0);
    for (let at = 0; at < 50; at++) {
      expect(orderOf(await setup.reader.find(`o${at}`))?.track_number).toBe('new');
    }
    expect(await redis.server.command(['GET', 'not-ours:v2:order:x'])).toBe('kept');
  });

  test('a Redis that refuses an invalidation is out of use until it takes it', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a', { track_number: 'old' }));
    await cached(setup, 'a');
    await redis.server.command(['ACL', 'SETUSER', 'default', '-unlink']);
    try {
      setup.rows.set('a', storedDocument('a', { track_number: 'new' }));
      await setup.cache.invalidate(['a']);
      for (let at = 0; at < 50; at++) {
        expect(orderOf(await setup.reader.find('a'))?.track_number).toBe('new');
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    } finally {
      await redis.server.command(['ACL', 'SETUSER', 'default', '+unlink']);
    }
    await cached(setup, 'a');
  });

  test('an old snapshot does not bring back what was invalidated', async () => {
    const setup = await setUp();
    setup.rows.set('a', storedDocument('a', { track_number: 'old' }));
    await cached(setup, 'a');
    await redis.server.command(['SET', 'witness', 'kept']);
    await redis.server.command(['SAVE']);
    await redis.server.command(['DEL', 'witness']);
    setup.rows.set('a', storedDocument('a', { track_number: 'new' }));
    await setup.cache.invalidate(['a']);
    await redis.server.kill();
    await redis.server.boot();
    expect(await redis.server.command(['GET', 'witness'])).toBe('kept');
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
    expect(await redis.server.command(['EXISTS', setup.key('a'), setup.key('b')])).toBe(0);
  });

  test('close ends at once, whatever Redis does', async () => {
    const setup = await setUp();
    redis.server.freeze();
    const asked = setup.cache.get(['a']);
    const from = unstalledNow();
    await setup.cache.close();
    expect((await asked).found.size).toBe(0);
    expect(unstalledNow() - from).toBeLessThan(50);
    await setup.cache.invalidate(['a']);
    expect(setup.cache.ping()).rejects.toMatchObject({ code: 'cache_unavailable' });
  });
});
