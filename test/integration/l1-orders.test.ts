import { expect, test } from 'bun:test';
import { nextTurn } from '../../src/lib/next-turn.ts';
import { type CacheSetup, cached, REDIS_TIMEOUT_MS } from '../helpers/cache-setup.ts';
import { useRedisCaches } from '../helpers/redis-caches.ts';
import { orderOf, storedDocument } from '../helpers/stored-order.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';

const TRUST_MS = 400;
const redis = useRedisCaches({ l1Bytes: 1_000_000, trustMs: TRUST_MS });
const { setUp } = redis;

/** Two processes on one Redis and one database. */
async function setUpTwo(): Promise<[CacheSetup, CacheSetup]> {
  const one = await setUp();
  const other = await setUp({ keyPrefix: one.prefix });
  for (const [uid, row] of one.rows) other.rows.set(uid, row);
  return [one, other];
}

const kept = ({ reader }: CacheSetup, uid: string) => until(async () => (await reader.find(uid))?.tier === 'l1');

function write(setups: readonly CacheSetup[], uid: string, track: string): void {
  for (const { rows } of setups) rows.set(uid, storedDocument(uid, { track_number: track }));
}

test('an order that Redis had is kept in the process, and found without a promise', async () => {
  const setup = await setUp();
  write([setup], 'a', '1');
  await kept(setup, 'a');
  const { reads } = setup;
  expect(setup.reader.find('a')).toEqual({ ...storedDocument('a', { track_number: '1' }), tier: 'l1' });
  expect(setup.reads).toBe(reads);
});

test('an invalidation in the same process counts at once, whatever Redis does', async () => {
  const setup = await setUp();
  write([setup], 'a', 'old');
  await kept(setup, 'a');
  redis.server.freeze();
  write([setup], 'a', 'new');
  const told = setup.cache.invalidate(['a']);
  expect(setup.cache.fromL1('a')).toBeUndefined();
  expect(orderOf(await setup.reader.find('a'))?.track_number).toBe('new');
  await told;
});

test('an invalidation by another process comes with Redis’s message', async () => {
  const [one, other] = await setUpTwo();
  for (let round = 0; round < 50; round++) {
    write([one, other], 'a', `old${round}`);
    await one.cache.invalidate(['a']);
    await until(async () => {
      const found = await other.reader.find('a');
      return found?.tier === 'l1' && orderOf(found)?.track_number === `old${round}`;
    });
    write([one, other], 'a', `new${round}`);
    await one.cache.invalidate(['a']);
    // A reply on the other's connection, asked for after the invalidation, has the message before it.
    await other.cache.ping();
    expect(orderOf(await other.reader.find('a'))?.track_number).toBe(`new${round}`);
  }
});

test('who looks on sees what is forgotten, why, and whether it was kept here', async () => {
  const [one, other] = await setUpTwo();
  write([one, other], 'a', '1');
  const seen = ({ cache }: CacheSetup) =>
    cache.forgotten.recent().map(({ reason, uid, dropped }) => [reason, uid, dropped]);
  await kept(one, 'a');
  await kept(other, 'a');
  await one.cache.invalidate(['a', 'b'], 'left_over');
  await until(() => seen(other).length === 1);
  await kept(other, 'a');
  // What an expiry looks like; with time left the order could be kept once more before it is over.
  await redis.server.command(['PEXPIRE', other.key('a'), '0']);
  await until(() => seen(other).length === 2);
  await kept(other, 'a');
  await redis.server.command(['FLUSHALL']);
  await until(() => seen(other).length === 3);
  await kept(other, 'a');
  await redis.server.command(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
  await until(() => seen(other).length === 4);
  expect(seen(other)).toEqual([
    ['redis', 'a', 1],
    ['redis', 'a', 1],
    ['redis_flushed', undefined, 1],
    ['connection_lost', undefined, 1],
  ]);
  expect(seen(one).slice(0, 2)).toEqual([
    ['left_over', 'a', 1],
    ['left_over', 'b', 0],
  ]);
});

test('a value that is read while it changes is not kept', async () => {
  const [one, other] = await setUpTwo();
  for (let round = 0; round < 300; round++) {
    write([one, other], 'a', String(round));
    await Promise.all([other.reader.find('a'), other.reader.find('a'), one.cache.invalidate(['a'])]);
    await other.cache.ping();
    const found = other.cache.fromL1('a');
    if (found !== undefined) expect(orderOf(found)?.track_number).toBe(String(round));
    await other.reader.find('a');
  }
});

test('in the process of the writer no read that begins after the write is older than it', async () => {
  const setup = await setUp();
  let written = -1;
  let stale = 0;
  let stop = false;
  const tiers = new Set<string | undefined>();
  const readers = Array.from({ length: 8 }, async () => {
    while (!stop) {
      const least = written;
      const found = await setup.reader.find('a');
      tiers.add(found?.tier);
      if (Number(orderOf(found)?.track_number ?? -1) < least) stale++;
      await nextTurn();
    }
  });
  for (let round = 0; round < 3_000; round++) {
    write([setup], 'a', String(round));
    // Not awaited: from the call on nothing older may be read here.
    void setup.cache.invalidate(['a']);
    written = round;
    if (round % 3 === 0) await nextTurn();
    else if (round % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  stop = true;
  await Promise.all(readers);
  expect(stale).toBe(0);
  expect(tiers.has('l1') && tiers.has('redis')).toBe(true);
});

test('what is deleted, overwritten or flushed in Redis is forgotten', async () => {
  const setup = await setUp();
  write([setup], 'a', '1');
  for (const command of [['DEL', setup.key('a')], ['SET', setup.key('a'), 'x'], ['FLUSHALL']]) {
    await kept(setup, 'a');
    await redis.server.command(command);
    await until(() => setup.cache.fromL1('a') === undefined);
  }
});

test('a key that expires in Redis is forgotten', async () => {
  const setup = await setUp();
  write([setup], 'a', '1');
  await kept(setup, 'a');
  await redis.server.command(['PEXPIRE', setup.key('a'), '20']);
  await until(() => setup.cache.fromL1('a') === undefined);
});

test('the connection is lost: everything is forgotten', async () => {
  const setup = await setUp();
  write([setup], 'a', '1');
  await kept(setup, 'a');
  await redis.server.command(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
  await until(() => setup.cache.fromL1('a') === undefined);
  await kept(setup, 'a');
  await redis.server.kill();
  await until(() => setup.cache.fromL1('a') === undefined);
  // Without Redis nothing is kept.
  for (let at = 0; at < 20; at++) expect((await setup.reader.find('a'))?.tier).toBe('postgresql');
  await redis.server.boot();
  await kept(setup, 'a');
});

test('Redis falls silent: what is kept is not served for longer than the bound', async () => {
  const setup = await setUp();
  write([setup], 'a', '1');
  await kept(setup, 'a');
  redis.server.freeze();
  const from = unstalledNow();
  await until(() => setup.cache.fromL1('a') === undefined);
  expect(unstalledNow() - from).toBeLessThan(TRUST_MS);
  expect(unstalledNow() - from).toBeLessThan(2 * REDIS_TIMEOUT_MS + 150);
});

test('a Redis that refuses tracking is used, and nothing is kept', async () => {
  await redis.server.command(['ACL', 'SETUSER', 'default', '-client|tracking']);
  try {
    const setup = await setUp();
    write([setup], 'a', '1');
    await cached(setup, 'a');
    for (let at = 0; at < 20; at++) expect((await setup.reader.find('a'))?.tier).toBe('redis');
  } finally {
    await redis.server.command(['ACL', 'SETUSER', 'default', '+client|tracking']);
  }
});

test('never grows past its bound, and keeps what is used', async () => {
  const setup = await setUp({ l1Bytes: 100_000 });
  for (let at = 0; at < 120; at++) {
    write([setup], `o${at}`, '1');
    await cached(setup, `o${at}`);
    expect(setup.cache.l1.bytes).toBeLessThanOrEqual(100_000);
  }
  expect(setup.cache.l1.bytes).toBeGreaterThan(80_000);
});
