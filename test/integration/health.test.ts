import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { KafkaProbe } from '../../src/kafka/admin/kafka-probe.ts';
import { ensureTopics, listTopics } from '../../src/kafka/admin/topics.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { Database } from '../../src/storage/postgresql/database.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { testEngines } from '../helpers/engines.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { KafkaProcess } from '../helpers/kafka-process.ts';
import { until } from '../helpers/until.ts';

setDefaultTimeout(240_000);
const START_MS = 120_000;

const cleanups: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  await killRunning();
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

async function newPlace(): Promise<AppPlace> {
  const place = await AppPlace.onTestEngines();
  cleanups.push(() => place.remove());
  return place;
}

test('Kafka that sends its clients on to an address nobody can reach is down, though its bootstrap address answers', async () => {
  let proxy: FaultProxy | undefined;
  const kafka = await KafkaProcess.start(async (port) => {
    proxy = await FaultProxy.start('127.0.0.1', port);
    return `127.0.0.1:${proxy.port}`;
  });
  cleanups.push(() => kafka.close());
  const name = `topic-${randomBytes(4).toString('hex')}`;
  const clients = new KafkaClients({ brokers: [kafka.broker] });
  const probe = new KafkaProbe(clients, name);
  cleanups.push(() => probe.close());
  expect(probe.check()).rejects.toMatchObject({ code: 'topic_missing' });
  await ensureTopics(clients, [{ name, partitions: 3, replicationFactor: 1 }]);
  // A leader takes a moment to know that it is one.
  await until(async () => (await probe.check()).partitions === 3);
  await proxy?.setMode('refuse');
  expect(await listTopics(clients)).toContain(name);
  expect(probe.check()).rejects.toMatchObject({ code: 'kafka_unavailable' });
  const doctor = await runApp(['doctor'], {
    env: {
      ...(await newPlace()).env,
      TEST_SERVICE_KAFKA_BROKERS: kafka.broker,
      TEST_SERVICE_KAFKA_TOPIC: name,
    },
  });
  expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringMatching(/^BAD {3}topics .*asking the leaders/m)]);
  await proxy?.setMode('pass');
  await until(async () => (await probe.check()).partitions === 3);
});

test('a topic with fewer replicas in sync than it needs to take messages is down', async () => {
  const name = `topic-${randomBytes(4).toString('hex')}`;
  const clients = new KafkaClients({ brokers: testEngines().brokers });
  const probe = new KafkaProbe(clients, name);
  cleanups.push(() => probe.close());
  await ensureTopics(clients, [{ name, partitions: 1, replicationFactor: 1, configs: { 'min.insync.replicas': '2' } }]);
  const message = `partition 0 of topic ${name} takes no messages: it has 1 in-sync replica(s), and min.insync.replicas is 2`;
  await until(() =>
    probe.check().then(
      () => false,
      (error: Error) => error.message.includes(message),
    ),
  );
});

test('a database that takes no writes says so', async () => {
  const place = await newPlace();
  expect((await runApp(['migrate', 'up'], { env: place.env })).code).toBe(0);
  const ask = async (): Promise<string | undefined> => {
    const url = place.engines.postgresqlUrl;
    const limits = { maxConnections: 3, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 };
    const database = new Database({ url, ...limits, applicationName: 'test' });
    try {
      return await database.writeObstacle();
    } finally {
      await database.close();
    }
  };
  expect(await ask()).toBeUndefined();
  const name = new URL(place.engines.postgresqlUrl).pathname.slice(1);
  await AppPlace.onServer(`alter database ${name} set default_transaction_read_only = on`);
  expect(await ask()).toContain('takes no writes');
});

test('a database without room for orders is not ready, while orders are still found', async () => {
  const place = await newPlace();
  const app = startApp(['run', '--json'], { env: { ...place.env, TEST_SERVICE_PRODUCER_RATE: '20' } });
  await app.untilUp(START_MS);
  await until(async () => (await place.orders()) > 0, START_MS);
  const readiness = async (): Promise<{ status: string; engines: object[] }> =>
    (await fetch(`${place.url}/readyz`)).json();
  await until(async () => (await readiness()).status === 'ok', START_MS, 100);
  const [stored] = await place.latest();
  await place.query(`create function no_room() returns trigger language plpgsql as
    $$ begin raise exception 'no space left on device' using errcode = '53100'; end $$`);
  await place.query('create trigger no_room before insert on orders execute function no_room()');
  await until(async () => (await readiness()).status === 'unavailable', START_MS, 100);
  expect((await readiness()).engines).toContainEqual(
    expect.objectContaining({ name: 'postgresql', status: 'down', reason: expect.stringContaining('wait') }),
  );
  expect(await (await fetch(`${place.url}/metrics`)).text()).toContain('test_service_engine_up{engine="postgresql"} 0');
  expect((await place.get(stored?.order_uid ?? '')).status).toBe(200);
  await place.query('drop trigger no_room on orders');
  await until(async () => (await readiness()).status === 'ok', START_MS, 100);
  expect(await app.stop()).toMatchObject({ code: 0 });
});
