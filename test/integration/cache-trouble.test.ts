import { afterAll, describe, expect, test } from 'bun:test';
import { SQL } from 'bun';
import type { CachedDatabase } from '../../src/storage/cache-trouble.ts';
import { Database } from '../../src/storage/postgresql/database.ts';
import { PostgresIdentity } from '../../src/storage/postgresql/database-identity.ts';
import { RedisConnection } from '../../src/storage/redis/client.ts';
import { OrderCache, type OrderCacheOptions } from '../../src/storage/redis/order-cache.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { cached } from '../helpers/cache-setup.ts';
import { createDatabase, databaseUrl } from '../helpers/database.ts';
import { useRedisCaches } from '../helpers/redis-caches.ts';
import { RedisProcess } from '../helpers/redis-process.ts';
import { storedDocument } from '../helpers/stored-order.ts';
import { until } from '../helpers/until.ts';

const redis = useRedisCaches();
const { setUp } = redis;
const opened: OrderCache[] = [];
afterAll(async () => {
  await Promise.all(opened.map((cache) => cache.close()));
});

/** A cache that may never come into use, and what was warned of. */
function open(url: string, options: Partial<OrderCacheOptions> = {}) {
  const warnings: unknown[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
  const times = { connectTimeoutMs: 5_000, commandTimeoutMs: 5_000, retryMinMs: 10, retryMaxMs: 50 };
  const connection = new RedisConnection({ url, ...times }, logger);
  const cache = new OrderCache(connection, { keyPrefix: 'trouble', ttlSeconds: 60, ...options }, logger);
  opened.push(cache);
  cache.start();
  return { cache, connection, warnings };
}

describe('a Redis that answers and is of no use as a cache is not in use, with the reason, a count and one warning', () => {
  test('a user without the right to run scripts, until it has it', async () => {
    const user = ['ACL', 'SETUSER', 'app', 'on', '>apppw', '~trouble:*', '&*', '+@read', '+@write', '+@connection'];
    await redis.server.command(user);
    const url = new URL(redis.server.url);
    [url.username, url.password] = ['app', 'apppw'];
    const { cache, connection, warnings } = open(url.href);
    await until(() => (cache.errors.no_permission ?? 0) > 3);
    expect([connection.up, cache.trouble]).toEqual([false, 'no_permission']);
    expect(warnings).toEqual([expect.objectContaining({ reason: expect.stringContaining('NOPERM') })]);
    await expect(cache.ping()).rejects.toMatchObject({ code: 'cache_unavailable', trouble: 'no_permission' });
    await redis.server.command([...user, '+@scripting']);
    await until(() => connection.up);
    expect(cache.trouble).toBeUndefined();
    // Taken away while it is in use: noticed by the next fill.
    await redis.server.command([...user, '-@scripting']);
    const { leases } = await cache.get(['a']);
    await cache.fill([{ uid: 'a', document: storedDocument('a'), lease: leases.get('a') ?? '' }]);
    await until(() => cache.trouble === 'no_permission');
  });

  test('a wrong password', async () => {
    const url = new URL(redis.server.url);
    [url.username, url.password] = ['nobody', 'guessed'];
    const { cache } = open(url.href);
    await until(() => (cache.errors.no_permission ?? 0) > 0);
    expect(cache.trouble).toBe('no_permission');
  });

  test('a full one that lets nothing go: read from, and in use again once it has room', async () => {
    const { cache, connection, warnings } = open(redis.server.url);
    await until(() => connection.up);
    const fill = async (uid: string) => {
      const { leases } = await cache.get([uid]);
      const lease = leases.get(uid);
      if (lease !== undefined) await cache.fill([{ uid, document: storedDocument(uid), lease }]);
      return (await cache.get([uid])).found.size;
    };
    expect(await fill('a')).toBe(1);
    await redis.server.command(['CONFIG', 'SET', 'maxmemory', '1']);
    try {
      expect(await fill('b')).toBe(0);
      expect(await fill('c')).toBe(0);
      expect(cache.trouble).toBe('out_of_memory');
      await expect(cache.ping()).rejects.toMatchObject({ trouble: 'out_of_memory' });
      expect((await cache.get(['a'])).found.size).toBe(1);
      expect(warnings).toEqual([{ reason: expect.stringContaining('OOM') }]);
      const late = open(redis.server.url);
      await until(() => late.cache.trouble === 'out_of_memory');
    } finally {
      await redis.server.command(['CONFIG', 'SET', 'maxmemory', '0']);
    }
    await cache.ping();
    expect(cache.trouble).toBeUndefined();
    expect(await fill('c')).toBe(1);
  });

  test('a replica', async () => {
    const replica = await RedisProcess.start('--replicaof', '127.0.0.1', String(redis.server.port));
    try {
      const { cache, connection } = open(replica.url);
      await until(() => (cache.errors.read_only ?? 0) > 0);
      expect([connection.up, cache.trouble]).toEqual([false, 'read_only']);
    } finally {
      await replica.close();
    }
  });
});

describe('the keys of a prefix are those of one database', () => {
  const alive = new Set(['one', 'two']);
  const database = (identity: () => string): CachedDatabase => ({
    identity: async () => identity(),
    isGone: async (other) => !alive.has(other),
  });

  test('another database is refused them, with a warning and a reason, and changes nothing', async () => {
    const one = await setUp({ database: database(() => 'one') });
    one.rows.set('a', storedDocument('a'));
    await cached(one, 'a');
    const two = open(redis.server.url, { keyPrefix: one.prefix, database: database(() => 'two') });
    await until(() => (two.cache.errors.other_database ?? 0) > 2);
    expect(two.cache.trouble).toBe('other_database');
    expect(two.warnings).toEqual([
      expect.objectContaining({ reason: expect.stringContaining('another cache.keyPrefix') }),
    ]);
    expect((await two.cache.get(['a'])).found.size).toBe(0);
    await two.cache.invalidate(['a']);
    expect((await one.reader.find('a'))?.tier).toBe('redis');
    // Another process of the same database is welcome, and finds what is there.
    const again = await setUp({ keyPrefix: one.prefix, database: database(() => 'one') });
    expect((await again.cache.get(['a'])).found.size).toBe(1);
  });

  test('a database that is gone leaves them to the next one, which begins with none', async () => {
    alive.add('gone');
    const before = await setUp({ database: database(() => 'gone') });
    before.rows.set('a', storedDocument('a'));
    await cached(before, 'a');
    await before.cache.close();
    alive.delete('gone');
    const after = await setUp({ keyPrefix: before.prefix, database: database(() => 'two') });
    expect((await after.cache.get(['a'])).found.size).toBe(0);
  });

  test('keys whose owner nobody has noted are not taken for ours', async () => {
    const before = await setUp();
    before.rows.set('a', storedDocument('a'));
    await cached(before, 'a');
    const after = await setUp({ keyPrefix: before.prefix, database: database(() => 'two') });
    expect((await after.cache.get(['a'])).found.size).toBe(0);
  });

  test('emptied, they are claimed anew', async () => {
    const one = await setUp({ database: database(() => 'one'), ownerEveryMs: 10 });
    await redis.server.command(['FLUSHALL']);
    await until(async () => (await redis.server.command(['GET', `${one.prefix}:v2:database`])) === 'one');
  });
});

test('a database dropped and made anew under a running process: nothing of the old one is answered', async () => {
  const test = await createDatabase();
  const limits = { maxConnections: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 };
  const database = new Database({ url: test.url, ...limits, applicationName: 'test' });
  const server = new SQL(databaseUrl('postgres'), { max: 1 });
  try {
    const identity = new PostgresIdentity(database);
    const setup = await setUp({ database: identity, ownerEveryMs: 10, l1Bytes: 1_000_000 });
    setup.rows.set('a', storedDocument('a'));
    await cached(setup, 'a');
    const old = await identity.identity();
    expect(await identity.isGone(old)).toBe(false);
    await server.unsafe(`drop database ${test.name} with (force)`);
    setup.rows.clear();
    await server.unsafe(`create database ${test.name}`);
    await until(async () => (await setup.reader.find('a')) === undefined);
    await until(() => setup.connection.up);
    expect(await identity.isGone(old)).toBe(true);
    expect(await identity.identity()).not.toBe(old);
    expect(await redis.server.command(['GET', `${setup.prefix}:v2:database`])).toBe(await identity.identity());
  } finally {
    await Promise.all([server.close(), database.close()]);
    await test.drop();
  }
});
