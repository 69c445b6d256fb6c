import { afterEach, expect, test } from 'bun:test';
import { RedisClient } from 'bun';
import type { CachedKey, KeySearch } from '../../src/storage/inspected-cache.ts';
import { CacheInspector } from '../../src/storage/redis/cache-inspector.ts';
import { type CacheSetup, cached, setUpCache } from '../helpers/cache-setup.ts';
import { testEngines } from '../helpers/engines.ts';
import { storedDocument } from '../helpers/stored-order.ts';
import { until } from '../helpers/until.ts';

const open: CacheSetup[] = [];

afterEach(async () => {
  for (const { cache } of open.splice(0)) await cache.close();
});

async function setUp(keyPrefix?: string) {
  const setup = await setUpCache(testEngines().redisUrl, {
    l1Bytes: 1_000_000,
    ...(keyPrefix !== undefined && { keyPrefix }),
  });
  open.push(setup);
  const inspector = new CacheInspector(setup.connection, setup.cache, setup.prefix);
  return { ...setup, setup, inspector };
}

async function fill(setup: CacheSetup, ...uids: string[]): Promise<void> {
  for (const uid of uids) setup.rows.set(uid, storedDocument(uid));
  for (const uid of uids) await cached(setup, uid);
}

async function allKeys(inspector: CacheInspector, search: KeySearch = {}): Promise<CachedKey[]> {
  const keys = new Map<string, CachedKey>();
  for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page++) {
    const found = await inspector.keys({ ...search, cursor }, 10);
    for (const key of found?.keys ?? []) keys.set(key.uid, key);
    cursor = found?.cursor;
  }
  return [...keys.values()];
}

test('lists orders and leases, with their lives and sizes, and no key of others', async () => {
  const { setup, inspector, cache, connection, prefix } = await setUp();
  const uids = Array.from({ length: 30 }, (_, at) => `[uid]*${at}`);
  await fill(setup, ...uids);
  await cache.get(['being-read']);
  await connection.run((redis) =>
    redis.of('x').redis.set(`${prefix}:v2:other`, '1', { expiration: { type: 'PX', value: 60_000 } }),
  );
  const keys = await allKeys(inspector);
  expect(keys.map(({ uid }) => uid).sort()).toEqual([...uids, 'being-read'].sort());
  for (const { uid, kind, ttlMs = 0, bytes } of keys) {
    expect(kind).toBe(uid === 'being-read' ? 'lease' : 'order');
    expect(ttlMs).toBeWithin(1, 60_001);
    expect(bytes > 500).toBe(kind === 'order');
  }
  expect(await inspector.keys({ cursor: 'nonsense' }, 10)).toBeUndefined();
  expect(await inspector.keys({ cursor: '7-0' }, 10)).toBeUndefined();
});

test('shows what each tier has of an order, without filling it in', async () => {
  const { setup, inspector, cache } = await setUp();
  await fill(setup, 'a');
  const { l1, redis } = await inspector.find('a');
  expect([l1?.etag, redis?.document?.etag]).toEqual([storedDocument('a').etag, storedDocument('a').etag]);
  expect(redis?.document?.body).toEqual(storedDocument('a').body);
  expect(await inspector.find('none')).toEqual({ l1: undefined, redis: undefined });
  await cache.get(['being-read']);
  expect((await inspector.find('being-read')).redis).toMatchObject({ kind: 'lease', document: undefined });
  expect(await inspector.overview()).toMatchObject({
    l1: { enabled: true, orders: 1 },
    redis: { trouble: undefined, nodes: [{ tracked: true, usedBytes: expect.any(Number) }] },
  });
});

/** Evicts all that contain the text, part by part. */
async function evictAll(inspector: CacheInspector, contains: string, dryRun: boolean): Promise<number> {
  let orders = 0;
  for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page++) {
    const part = await inspector.evictFound({ contains, cursor }, dryRun);
    expect(part?.delivered).toBe(true);
    orders += part?.orders ?? 0;
    cursor = part?.cursor;
  }
  return orders;
}

test('finds orders by a part of their uid, whatever its characters mean to Redis, and forgets them everywhere', async () => {
  const one = await setUp();
  const other = await setUp(one.prefix);
  const others = await setUp();
  const uids = ['a*b', 'aXb', '[ab]', 'order:a*b?'];
  await fill(one.setup, ...uids);
  await fill(other.setup, 'a*b');
  await fill(others.setup, 'a*b');
  const found = await allKeys(one.inspector, { contains: 'a*b' });
  expect(found.map(({ key }) => key).sort()).toEqual(['a*b', 'order:a*b?'].map(one.key).sort());
  expect((await allKeys(one.inspector, { contains: '[ab]' })).map(({ uid }) => uid)).toEqual(['[ab]']);
  expect(await allKeys(one.inspector, { contains: one.prefix })).toEqual([]);
  const value = (await one.inspector.find('a*b')).redis?.value;
  expect(value?.toString()).toStartWith('2 ');
  expect(await evictAll(one.inspector, 'a*b', true)).toBeGreaterThanOrEqual(2);
  expect(await evictAll(one.inspector, 'a*b', false)).toBe(2);
  expect([one.cache.fromL1('a*b'), one.cache.fromL1('order:a*b?')]).toEqual([undefined, undefined]);
  await until(() => other.cache.fromL1('a*b') === undefined);
  expect((await allKeys(one.inspector)).map(({ uid }) => uid).sort()).toEqual(['[ab]', 'aXb']);
  expect(await allKeys(others.inspector)).toHaveLength(1);
  expect(await one.inspector.evictFound({ contains: 'a', cursor: '7-0' }, false)).toBeUndefined();
});

test('looks at a bounded number of keys at a time, and says so', async () => {
  // Before there is a cache that would have to wait for it.
  const others = new RedisClient(testEngines().redisUrl);
  await others.send('EVAL', ["for n = 1, 30000 do redis.call('SET', 'others:' .. n, '', 'PX', 60000) end", '0']);
  others.close();
  const { inspector, setup } = await setUp();
  await fill(setup, 'needle');
  const page = await inspector.keys({ contains: 'needle' }, 10);
  expect(page?.scanned).toBeWithin(20_000, 22_000);
  expect(page?.cursor).toBeDefined();
  expect((await allKeys(inspector, { contains: 'needle' })).map(({ uid }) => uid)).toEqual(['needle']);
});

test('forgets one order in the tiers of all processes', async () => {
  const one = await setUp();
  const other = await setUp(one.prefix);
  await fill(one.setup, 'a', 'b');
  await fill(other.setup, 'a');
  expect(other.cache.fromL1('a')).toBeDefined();
  expect(await one.inspector.evict('a')).toBe(true);
  expect(one.cache.fromL1('a')).toBeUndefined();
  await until(() => other.cache.fromL1('a') === undefined);
  expect((await allKeys(one.inspector)).map(({ uid }) => uid)).toEqual(['b']);
});

test('forgets all orders of its own prefix, and no others', async () => {
  const mine = await setUp();
  const others = await setUp();
  await fill(mine.setup, 'a', 'b', 'c');
  await fill(others.setup, 'a');
  expect(await mine.inspector.flush()).toBe(3);
  expect([mine.cache.fromL1('a'), await allKeys(mine.inspector)]).toEqual([undefined, []]);
  expect(await allKeys(others.inspector)).toHaveLength(1);
  expect((await mine.reader.find('a'))?.tier).toBe('postgresql');
});

test('without Redis it says so', async () => {
  const { connection, cache, inspector } = await setUp();
  await cache.close();
  expect(connection.up).toBe(false);
  expect((await inspector.overview()).redis).toEqual({ trouble: 'unreachable', nodes: [] });
  expect(inspector.keys({}, 10)).rejects.toMatchObject({ code: 'cache_unavailable' });
  expect(inspector.evictFound({ contains: 'a' }, true)).rejects.toMatchObject({ code: 'cache_unavailable' });
});
