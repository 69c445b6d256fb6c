import { afterAll, beforeAll, expect, test } from 'bun:test';
import { SQL } from 'bun';
import { RedisConnection } from '../../src/storage/redis/client.ts';
import { OrderCache } from '../../src/storage/redis/order-cache.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { freePort } from '../helpers/free-port.ts';
import { until } from '../helpers/until.ts';

const ORDERS = 200;
const ROUNDS = 2_000;
/** A process that keeps orders itself is told of a change by a message: its way and a busy machine's delays. */
const MESSAGE_MS = 250;

interface Server {
  readonly url: string;
  /** Whether it keeps orders in its own memory. */
  readonly keeps: boolean;
}

const place = await AppPlace.onTestEngines();
const servers: Server[] = [];
let sql: SQL;
let uids: string[] = [];

beforeAll(async () => {
  const produced = await runApp(['produce', '--count', String(ORDERS), '--seed', '5'], { env: place.env });
  expect(produced.code).toBe(0);
  for (const keeps of [true, false]) {
    const port = await freePort();
    const bytes = keeps ? {} : { TEST_SERVICE_CACHE_L1_BYTES: '0' };
    const env = { ...place.env, ...bytes, TEST_SERVICE_SERVER_PORT: String(port) };
    await startApp(['serve', '--json'], { env }).untilUp();
    servers.push({ url: `http://127.0.0.1:${port}`, keeps });
  }
  const consumer = startApp(['consume', '--json'], { env: place.env });
  await consumer.untilUp();
  await until(async () => (await place.orders()) === ORDERS, 30_000);
  await consumer.stop();
  sql = new SQL(place.engines.postgresqlUrl, { max: 1 });
  uids = (await sql`select order_uid from orders order by order_uid`).map(
    (row: { order_uid: string }) => row.order_uid,
  );
});

afterAll(async () => {
  await sql.close();
  await killRunning();
  await place.remove();
});

/** How often an order's row was looked up by its uid, once the sessions have reported it. */
async function reads(): Promise<number> {
  let last = -1;
  await until(
    async () => {
      const [row] = await sql`
        select idx_scan::int as scans from pg_stat_user_indexes where indexrelname = 'orders_pkey'`;
      const same = row.scans === last;
      last = row.scans;
      return same;
    },
    20_000,
    1_500,
  );
  return last;
}

async function get({ url }: Server, uid: string) {
  const response = await fetch(`${url}/api/v1/orders/${uid}`);
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  const { track_number } = (await response.json()) as { track_number: string };
  return { track: track_number, tier: response.headers.get('x-cache') };
}

test('a stampede on a cold order reads it from PostgreSQL once, whichever server is asked', async () => {
  for (const server of servers) await get(server, uids[1] ?? '');
  // A server that has waited long enough for the other one's read, as on a busy machine, reads, too; not every time.
  const counts: number[] = [];
  for (const cold of uids.slice(10, 13)) {
    const before = await reads();
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, at) => get(servers[at % 2] ?? { url: '', keeps: true }, cold)),
    );
    expect(answers.length).toBe(1_000);
    expect(new Set(answers.map(({ tier }) => tier)).size).toBeGreaterThan(1);
    counts.push((await reads()) - before);
    if (counts.at(-1) === 1) break;
  }
  expect(Math.max(...counts)).toBeLessThanOrEqual(2);
  expect(counts).toContain(1);
});

test('changes under lookups of two servers: no read is older than an acknowledged write', async () => {
  const uid = uids[2] ?? '';
  const limits = { connectTimeoutMs: 2_000, commandTimeoutMs: 2_000 };
  const connection = new RedisConnection({ url: place.engines.redisUrl, ...limits }, silentLogger);
  const writer = new OrderCache(connection, { keyPrefix: place.keyPrefix, ttlSeconds: 300 }, silentLogger);
  writer.start();
  await until(() => connection.up);
  /** When each version was acknowledged: committed, and forgotten by Redis. */
  const acknowledged: number[] = [];
  let stale = 0;
  let read = 0;
  let done = false;
  const tiers = new Set<string | null>();
  const oldestAllowed = (at: number): number => {
    let version = acknowledged.length - 1;
    while (version >= 0 && (acknowledged[version] ?? 0) > at) version--;
    return version;
  };
  const readers = servers.flatMap((server) =>
    Array.from({ length: 4 }, async () => {
      while (!done) {
        const allowed = oldestAllowed(performance.now() - (server.keeps ? MESSAGE_MS : 0));
        const { track, tier } = await get(server, uid);
        tiers.add(tier);
        read++;
        if (allowed >= 0 && Number(track) < allowed) stale++;
      }
    }),
  );
  const readsOf = (more: number): Promise<void> => {
    const enough = read + more;
    return until(() => read >= enough, undefined, 1);
  };
  for (let version = 0; version < ROUNDS; version++) {
    // Long enough for a process to keep this version and to answer with it.
    if (version % 100 === 0) await readsOf(50);
    await sql`update orders set track_number = ${String(version)} where order_uid = ${uid}`;
    expect(await writer.invalidate([uid])).toBe(true);
    acknowledged.push(performance.now());
  }
  done = true;
  await Promise.all(readers);
  await writer.close();
  expect(stale).toBe(0);
  expect(read).toBeGreaterThan(ROUNDS / 2);
  expect([...tiers].sort()).toEqual(['l1', 'postgresql', 'redis']);
  for (const server of servers) expect((await get(server, uid)).track).toBe(String(ROUNDS - 1));
});
