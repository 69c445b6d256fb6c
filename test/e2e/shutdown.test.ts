import { describe, expect, test } from 'bun:test';
import { SQL } from 'bun';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { useAppPlaces } from '../helpers/app-places.ts';
import { type AppProcess, startApp } from '../helpers/app-process.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';

const ORDERS = 20_000;
const NO_GENERATOR = { TEST_SERVICE_PRODUCER_ENABLED: 'false' };
/** Small batches, so that a stop finds many of them under way. */
const SMALL_BATCHES = { TEST_SERVICE_CONSUMER_MAX_BATCH_ORDERS: '200' };

const newPlace = useAppPlaces();

async function start(place: AppPlace, env: Record<string, string> = {}): Promise<AppProcess> {
  const app = startApp(['run', '--json'], { env: { ...place.env, ...NO_GENERATOR, ...env } });
  await app.untilUp();
  return app;
}

/** Where the group stands in Kafka, all partitions together. */
async function committed(place: AppPlace): Promise<number> {
  const admin = new KafkaClients({ brokers: [place.engines.broker] }).admin({ clientId: 'e2e' });
  try {
    const topics = [{ name: place.topic, partitionIndexes: [0, 1, 2] }];
    const groups = await admin.listConsumerGroupOffsets({ groups: [{ groupId: place.group, topics }] });
    const partitions = groups.flatMap((group) => group.topics.flatMap((topic) => topic.partitions));
    return partitions.reduce((sum, { committedOffset }) => sum + Number(committedOffset), 0);
  } finally {
    await admin.close();
  }
}

/** A lookup that PostgreSQL keeps waiting until `release`. */
async function hangingLookup(place: AppPlace): Promise<{ release: () => Promise<void> }> {
  const sql = new SQL(place.engines.postgresqlUrl, { max: 1 });
  await sql.unsafe('begin');
  await sql.unsafe('lock table orders');
  const answer = place.get('anything').catch(() => {});
  await until(async () => {
    const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    return (await place.query(waiting)).length > 0;
  });
  return {
    release: async () => {
      await sql.close({ timeout: 0 });
      await answer;
    },
  };
}

describe('under load', () => {
  test('a graceful stop and a kill -9 leave as many rows as messages consumed, and the next start goes on', async () => {
    const place = await newPlace();
    const first = await start(place, { ...SMALL_BATCHES, TEST_SERVICE_PRODUCER_ENABLED: 'true' });
    const load = startApp(['produce', '--count', String(ORDERS), '--seed', '11', '--json'], {
      env: place.env,
    });
    await until(async () => (await place.orders()) > 500, 30_000, 1);
    const exit = await first.stop();
    expect(exit).toMatchObject({ code: 0, signal: null });
    expect(exit.tookMs).toBeLessThan(10_000);
    const afterStop = await place.orders();
    expect(await place.consumed()).toBe(afterStop);
    expect(await committed(place)).toBe(afterStop);
    const sent = await load.exited;
    expect([sent.code, JSON.parse(sent.stdout)]).toEqual([0, { sent: ORDERS, failed: 0, skipped: 0, seed: 11 }]);
    expect(afterStop).toBeLessThan(ORDERS);

    const second = await start(place, SMALL_BATCHES);
    await until(async () => (await place.orders()) > afterStop, 30_000, 1);
    second.kill('SIGKILL');
    expect(await second.exited).toMatchObject({ signal: 'SIGKILL' });
    const afterKill = await place.orders();
    expect(await place.consumed()).toBe(afterKill);
    expect(afterKill).toBeLessThan(ORDERS);

    const third = await start(place);
    const produced = await place.produced();
    await until(async () => (await place.consumed()) === produced, 60_000, 50);
    expect(await place.orders()).toBe(produced);
    expect(await third.stop()).toMatchObject({ code: 0 });
    expect(await committed(place)).toBe(produced);
  });

  test('a producer that is stopped has sent what it says, no more and no less', async () => {
    const place = await newPlace();
    const env = { ...place.env, TEST_SERVICE_LOG_LEVEL: 'error' };
    const producer = startApp(['produce', '--json', '--seed', '5'], { env });
    await until(async () => (await place.produced().catch(() => 0)) > 2_000, 30_000);
    const exit = await producer.stop();
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(exit.stdout)).toEqual({
      sent: await place.produced(),
      failed: 0,
      skipped: 0,
      seed: 5,
    });
  });

  test('a producer that is stopped before its count is reached says so, and ends with 1', async () => {
    const place = await newPlace();
    const producer = startApp(['produce', '--count', '100000', '--rate', '50'], { env: place.env });
    await until(async () => (await place.produced().catch(() => 0)) > 0, 30_000);
    const exit = await producer.stop();
    expect(exit.code).toBe(1);
    expect(exit.stderr).toContain('stopped before everything was sent');
  });
});

describe('signals', () => {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    test(`${signal} is a graceful stop, too`, async () => {
      const app = await start(await newPlace());
      const exit = await app.stop(signal);
      expect(exit).toMatchObject({ code: 0, signal: null });
      expect(exit.stderr).toContain('stopping');
    });
  }

  test('a second one forces, but not an echo of the first', async () => {
    const place = await newPlace();
    const app = await start(place);
    const lookup = await hangingLookup(place);
    app.kill('SIGTERM');
    app.kill('SIGTERM');
    await app.untilSaid('stopping');
    // It waits for the lookup; what comes this soon is taken for an echo.
    const notBefore = performance.now() + 250;
    await until(() => performance.now() > notBefore);
    const began = unstalledNow();
    expect(await app.stop('SIGINT')).toMatchObject({ code: 130 });
    expect(unstalledNow() - began).toBeLessThan(2_000);
    expect(app.stderr).toContain('stopped by force');
    await lookup.release();
  });

  test('a stop while it starts is a stop', async () => {
    const place = await newPlace();
    const app = startApp(['run'], { env: { ...place.env, TEST_SERVICE_LOG_LEVEL: 'debug' } });
    // The first thing a run opens; a signal may come earlier still, before anyone can listen for it.
    await until(async () => {
      const sql = `select 1 from pg_database where datname = '${new URL(place.engines.postgresqlUrl).pathname.slice(1)}'`;
      return (await AppPlace.onServer(sql)).length > 0;
    });
    expect(await app.stop()).toMatchObject({ code: 0, signal: null });
  });

  for (const role of ['consume', 'serve'] as const) {
    test(`${role} stops as gracefully as run`, async () => {
      const place = await newPlace();
      const app = startApp([role, '--json'], { env: place.env });
      expect(await app.untilUp()).toMatchObject({ roles: [role === 'serve' ? 'server' : 'consumer'] });
      expect(await app.stop()).toMatchObject({ code: 0, signal: null });
    });
  }
});
