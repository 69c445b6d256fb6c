import { afterAll, beforeAll, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import type { Eviction } from '../../src/storage/inspected-cache.ts';
import { CacheInspector } from '../../src/storage/redis/cache-inspector.ts';
import { keySlot } from '../../src/storage/redis/nodes.ts';
import type { OrderCacheOptions } from '../../src/storage/redis/order-cache.ts';
import type { CacheSetup } from '../helpers/cache-setup.ts';
import { useCaches } from '../helpers/redis-caches.ts';
import { RedisCluster } from '../helpers/redis-cluster.ts';
import { orderOf, storedDocument } from '../helpers/stored-order.ts';
import { until } from '../helpers/until.ts';

/** Enough for each node to get some; braces make hash tags. */
const UIDS = Array.from({ length: 60 }, (_, at) => (at % 5 === 0 ? `{tag}${at}` : `{}o${at}`));
const open = useCaches({ l1Bytes: 1_000_000 });
let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
});

afterAll(() => cluster.close());

const setUp = (options: Partial<OrderCacheOptions> = {}, urls: readonly string[] = cluster.urls): Promise<CacheSetup> =>
  open(urls.join(), options);

function write(setups: readonly CacheSetup[], track: string): void {
  for (const { rows } of setups) for (const uid of UIDS) rows.set(uid, storedDocument(uid, { track_number: track }));
}

const read = async ({ reader }: CacheSetup) => await Promise.all(UIDS.map((uid) => reader.find(uid)));

/** Waits until the process itself has every order, and says which version of it. */
async function kept(setup: CacheSetup): Promise<Set<string | undefined>> {
  await until(async () => (await read(setup)).every((one) => one?.tier === 'l1'), 20_000);
  return new Set((await read(setup)).map((one) => orderOf(one)?.track_number));
}

/**
 * Waits until all nodes say the same of who has which slot: a replica that has not heard of a slot its master was given
 * would not take it over.
 */
async function agreed(): Promise<void> {
  await until(async () => {
    const views = new Set<string>();
    for (const node of [...cluster.masters, cluster.replica]) {
      const lines = String(await node.command(['CLUSTER', 'NODES']))
        .trim()
        .split('\n');
      const slots = lines.map((line) => line.split(' ')).map(([id, ...rest]) => [id, ...rest.slice(7)].join(' '));
      views.add(slots.sort().join());
    }
    return views.size === 1;
  });
}

test('a key’s slot is the one the server computes', async () => {
  const [node] = cluster.masters;
  const odd = ['', '{', '}', '{}', '{}{a}', 'a{b}c{d}', 'a{{b}}', '}{a', 'ü{😀}'];
  for (const key of [...odd, ...Array.from({ length: 100 }, () => randomBytes(9).toString('base64url'))]) {
    expect(keySlot(key)).toBe(Number(await node?.command(['CLUSTER', 'KEYSLOT', key])));
  }
});

test('orders are spread over all masters, and kept in the process', async () => {
  const setup = await setUp();
  write([setup], '1');
  expect(await kept(setup)).toEqual(new Set(['1']));
  for (const node of cluster.masters) {
    const keys = await node.command(['KEYS', `${setup.prefix}:v2:order:*`]);
    expect(Array.isArray(keys) && keys.length > 0).toBe(true);
  }
});

test('orders are found and forgotten on all masters', async () => {
  const setup = await setUp();
  write([setup], '1');
  await kept(setup);
  const inspector = new CacheInspector(setup.connection, setup.cache, setup.prefix);
  const found = async (dryRun: boolean) => {
    let orders = 0;
    for (let cursor: string | undefined = '0-0'; cursor !== undefined; ) {
      const part: Eviction | undefined = await inspector.evictFound({ contains: '}o', cursor }, dryRun);
      orders += part?.orders ?? 0;
      cursor = part?.cursor;
    }
    return orders;
  };
  const meant = UIDS.filter((uid) => uid.includes('}o'));
  expect([await found(true), await found(false), await found(true)]).toEqual([meant.length, meant.length, 0]);
  expect(UIDS.filter((uid) => setup.cache.fromL1(uid) !== undefined)).toHaveLength(UIDS.length - meant.length);
});

test('one address of the cluster is enough, and one that is down does no harm', async () => {
  for (const urls of [cluster.urls.slice(2), [cluster.replica.url], ['redis://127.0.0.1:1', ...cluster.urls]]) {
    const setup = await setUp({}, urls);
    write([setup], '1');
    expect(await kept(setup)).toEqual(new Set(['1']));
  }
});

test('an invalidation reaches other processes from every master', async () => {
  const one = await setUp();
  const other = await setUp({ keyPrefix: one.prefix });
  for (let round = 0; round < 10; round++) {
    write([one, other], `old${round}`);
    await one.cache.invalidate(UIDS);
    expect(await kept(other)).toEqual(new Set([`old${round}`]));
    write([one, other], `new${round}`);
    await one.cache.invalidate(UIDS);
    await other.cache.ping();
    expect(new Set((await read(other)).map((found) => orderOf(found)?.track_number))).toEqual(new Set([`new${round}`]));
  }
});

test('a sweep takes the keys of all masters', async () => {
  const setup = await setUp({ maxMissed: 10 });
  write([setup], 'old');
  await kept(setup);
  write([setup], 'new');
  await setup.cache.invalidate(UIDS);
  await until(() => setup.connection.up);
  expect(await cluster.keys(`${setup.prefix}:v2:order:*`)).toEqual([]);
  expect(await kept(setup)).toEqual(new Set(['new']));
});

test('a slot moves: the new place of its keys is found, and no old order is read', async () => {
  const setup = await setUp();
  write([setup], 'old');
  await kept(setup);
  const key = setup.key('{}o1');
  const slot = String(keySlot(key));
  const [one, two] = [...cluster.masters].sort((a, b) => a.port - b.port);
  const owners = await Promise.all(
    cluster.masters.map(async (node) => ({
      node,
      keys: await node.command(['CLUSTER', 'COUNTKEYSINSLOT', slot]),
    })),
  );
  const from = owners.find(({ keys }) => Number(keys) > 0)?.node;
  const to = from === one ? two : one;
  if (from === undefined || to === undefined) throw new Error('no owner');
  const id = String(await to.command(['CLUSTER', 'MYID']));
  // As after a reshard that has lost the keys: the worst case for whoever trusts what it was told before.
  await from.command(['UNLINK', key]);
  for (const node of [to, from, ...cluster.masters]) await node.command(['CLUSTER', 'SETSLOT', slot, 'NODE', id]);
  await agreed();
  write([setup], 'new');
  await setup.cache.invalidate(UIDS);
  expect(await kept(setup)).toEqual(new Set(['new']));
  await until(async () => (await to.command(['EXISTS', key])) === 1);
});

test('a master dies: lookups go on, and its replica takes over without an old order', async () => {
  const setup = await setUp();
  write([setup], 'old');
  await kept(setup);
  await agreed();
  await cluster.masters[0]?.kill();
  write([setup], 'new');
  await setup.cache.invalidate(UIDS);
  const seen = new Set<string | undefined>();
  await until(async () => {
    const found = await read(setup);
    for (const one of found) seen.add(orderOf(one)?.track_number);
    return found.every((one) => one?.tier === 'l1');
  });
  expect(seen).toEqual(new Set(['new']));
  expect(String(await cluster.replica.command(['ROLE']))).toStartWith('master');
});
