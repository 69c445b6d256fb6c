import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type CacheSetup, complaint } from '../helpers/cache-setup.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { useCaches } from '../helpers/redis-caches.ts';
import type { RedisProcess } from '../helpers/redis-process.ts';
import { RedisSentinels } from '../helpers/redis-sentinels.ts';
import { orderOf, storedDocument } from '../helpers/stored-order.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';

let redis: RedisSentinels;
const open = useCaches({ l1Bytes: 1_000_000 });
beforeAll(async () => {
  redis = await RedisSentinels.start();
});
afterAll(() => redis?.close());

const UIDS = Array.from({ length: 20 }, (_, at) => `o${at}`);

function access(url = redis.urlBy()) {
  const sentinel = { username: 'watcher', password: 'watcher-pw', passwordFile: '' };
  return { url, sentinel, tls: { ca: redis.authority.certificate } };
}

function write(setups: readonly CacheSetup[], track: string): void {
  for (const { rows } of setups) for (const uid of UIDS) rows.set(uid, storedDocument(uid, { track_number: track }));
}

/** The track numbers that the lookups of all orders give. */
async function read({ reader }: CacheSetup): Promise<Set<string | undefined>> {
  const found = await Promise.all(UIDS.map((uid) => reader.find(uid)));
  return new Set(found.map((one) => orderOf(one)?.track_number));
}

/** Waits until no lookup needs the database. */
async function kept({ reader }: CacheSetup): Promise<void> {
  for (const uid of UIDS) await until(async () => (await reader.find(uid))?.tier !== 'postgresql');
}

async function isPrimary(server: RedisProcess): Promise<boolean> {
  return String(await server.command(['ROLE'])).startsWith('master');
}

test('the primary that Sentinels name is used, over TLS, with a user at Redis and another at the Sentinels', async () => {
  const setup = await open(access());
  write([setup], '1');
  await kept(setup);
  expect(await redis.primary.command(['EXISTS', setup.key('o0')])).toBe(1);
});

test('what is wrong is told with the setting to change', async () => {
  const { url, sentinel, tls } = access();
  const right = { username: 'watcher', password: 'wrong', passwordFile: '' };
  const [port] = redis.ports;
  for (const [place, sentence] of [
    [{ ...access(), url: url.replace('/cache/', '/other/') }, /knows no primary other: check the name in redis\.url/],
    [{ url, tls, sentinel: right }, /^the Sentinel at .* refuses: WRONGPASS .*: check redis\.sentinel\.username/],
    [{ url, sentinel }, /^no secure connection to the Sentinel at .*: set redis\.tls\.ca/],
    [{ url: url.replace('app-pw', 'no'), sentinel, tls }, /^Redis at .* refuses: WRONGPASS .*in redis\.url/],
    [{ url: url.replace('rediss', 'redis') }, /^the Sentinel at .* speaks TLS: write rediss\+sentinel:\/\//],
    [{ url: `redis+sentinel://127.0.0.1:${redis.primary.port}/cache` }, /a Redis listens at .*, not a Sentinel/],
    [{ url: `rediss://watcher:watcher-pw@127.0.0.1:${port}`, tls }, /a Sentinel listens at .*: write redis\+sentinel/],
    [{ url: redis.replica.url }, /READONLY .*: redis\.url leads to a replica: name its primary, or its Sentinels/],
    [{ url: 'redis+sentinel://127.0.0.1:1,127.0.0.1:2/cache' }, /ECONNREFUSED .*: check that a Sentinel answers/],
  ] as const)
    expect((await complaint(place))?.message).toMatch(sentence);
});

test('the primary is killed: the next one is used within seconds, and an invalidation that it missed is made good', async () => {
  const setups = [await open(access(), { keyPrefix: 'kill' }), await open(access(), { keyPrefix: 'kill' })] as const;
  const [one, other] = setups;
  write(setups, 'old');
  for (const setup of setups) await kept(setup);
  // The replica is told everything but that these orders have changed.
  await until(async () => (await redis.replica.command(['EXISTS', ...UIDS.map(one.key)])) === UIDS.length);
  await redis.replica.command(['CONFIG', 'SET', 'replica-read-only', 'no']);
  for (const uid of UIDS) await redis.replica.command(['COPY', one.key(uid), `missed:${uid}`]);
  write(setups, 'new');
  expect(await one.cache.invalidate(UIDS)).toBe(true);
  await until(async () => (await redis.replica.command(['EXISTS', ...UIDS.map(one.key)])) === 0);
  for (const uid of UIDS) await redis.replica.command(['RENAME', `missed:${uid}`, one.key(uid)]);
  await redis.primary.kill();

  const seen = new Set<string | undefined>();
  const look = async (setup: CacheSetup): Promise<void> => {
    for (const track of await read(setup)) seen.add(track);
  };
  let promotedAt: number | undefined;
  await until(async () => {
    await Promise.all(setups.map(look));
    if (promotedAt === undefined && (await isPrimary(redis.replica))) promotedAt = unstalledNow();
    return setups.every(({ connection }) => connection.up);
  }, 60_000);
  expect(unstalledNow() - (promotedAt ?? 0)).toBeLessThan(5_000);
  for (const setup of setups) await kept(setup);
  await look(other);
  expect(seen).toEqual(new Set(['new']));
});

test('a primary that only we still reach is left, and what was changed there meanwhile is forgotten everywhere', async () => {
  // The killed one becomes the replica.
  await redis.primary.boot();
  await until(
    async () => String(await redis.replica.command(['INFO', 'replication'])).includes('state=online'),
    60_000,
  );
  const promoted = redis.primary;
  const proxy = await FaultProxy.start('127.0.0.1', redis.ports[0] ?? 0);
  const late = await open(access(redis.urlBy([proxy.port])), { keyPrefix: 'split' });
  const early = await open(access(), { keyPrefix: 'split' });
  write([late, early], 'old');
  await kept(late);
  await proxy.setMode('black-hole');
  // Sentinels log in as nobody, and take a refusal for silence.
  const asApp = (...command: string[]) => late.connection.run((nodes) => nodes.of('').redis.sendCommand(command));
  await asApp('ACL', 'SETUSER', 'default', 'resetpass', '>unknown');
  await asApp('CLIENT', 'KILL', 'USER', 'default');
  await until(() => isPrimary(promoted), 60_000);
  await until(() => !early.connection.up || early.connection.failure !== undefined);
  await kept(early);
  expect(late.connection.up).toBe(true);

  write([late, early], 'new');
  expect(await late.cache.invalidate(UIDS)).toBe(true);
  await proxy.setMode('pass');
  await until(() => !late.connection.up);
  await until(() => late.connection.up);
  await until(async () => !(await read(early)).has('old'));
  for (const setup of [late, early]) await kept(setup);
  expect(await promoted.command(['EXISTS', late.key('o0')])).toBe(1);
  await proxy.close();
});

test('a Sentinel that has missed a failover leads nobody astray, and is asked on one connection', async () => {
  const stale = await redis.startStale();
  try {
    const [port = 0] = redis.ports;
    const setup = await open(access(redis.urlBy([stale.tlsPort, port])));
    write([setup], '1');
    await kept(setup);
    expect(await redis.primary.command(['EXISTS', setup.key('o0')])).toBe(1);
    // It is asked every second.
    await until(async () => {
      const clients = String(await stale.sentinel.command(['CLIENT', 'LIST'])).split('\n');
      return clients.some((line) => line.includes('user=watcher') && Number(/ age=(\d+)/.exec(line)?.[1]) >= 4);
    }, 60_000);
    expect(setup.connection.up).toBe(true);
  } finally {
    await stale.close();
  }
});
