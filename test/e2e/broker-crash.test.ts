import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { type AppProcess, killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const folder = createTempDir('test-broker-crash-');
let place: AppPlace;
let cluster: KafkaCluster;
let clients: KafkaClients;
let env: Record<string, string>;

beforeAll(async () => {
  [place, cluster] = await Promise.all([AppPlace.onTestEngines(), KafkaCluster.start(join(folder.path, 'kafka'))]);
  clients = new KafkaClients(cluster);
  await cluster.untilWhole(clients);
  env = {
    ...place.env,
    TEST_SERVICE_ENGINES: 'off',
    TEST_SERVICE_KAFKA_BROKERS: cluster.brokers.join(','),
    TEST_SERVICE_KAFKA_REPLICATION_FACTOR: '3',
    TEST_SERVICE_PRODUCER_RATE: '300',
    TEST_SERVICE_LOG_FORMAT: 'json',
  };
});
afterAll(async () => {
  await killRunning();
  await Promise.all([cluster.close(), place.remove()]);
  folder.remove();
});

/** The node, counted from 0, that coordinates the service's group. */
async function coordinator(): Promise<number> {
  const consumer = clients.consumer({ clientId: 'test', groupId: place.group });
  try {
    return (await consumer.findGroupCoordinator()) - 1;
  } finally {
    await consumer.close(true);
  }
}

/** Partition → how many of its messages are stored. */
async function stored(): Promise<number[]> {
  const rows = await place.query('select next_offset::int as next from consumer_offsets order by partition');
  return rows.map(({ next }) => Number(next));
}

/** How often the service has logged something. */
const logged = ({ stdout, stderr }: AppProcess, message: string): number => (stdout + stderr).split(message).length - 1;

test('brokers crash one after another, the group’s coordinator first: storing goes on, and no partition moves', async () => {
  const app = startApp(['run', '--json'], { env });
  await app.untilUp();
  await until(async () => (await place.consumed()) > 500, 120_000, 100);
  const first = await coordinator();
  for (const node of [first, (first + 1) % 3]) {
    await cluster.kill(node);
    await cluster.untilMissed(clients);
    const before = await stored();
    await until(async () => (await stored()).every((next, at) => next > (before[at] ?? 0) + 50), 120_000, 100);
    await cluster.boot(node);
    await cluster.untilWhole(clients);
  }
  expect(logged(app, '"partitions assigned"')).toBe(1);
  expect(logged(app, '"replacing the kafka client"')).toBe(0);
  expect((await fetch(`${place.url}/api/v1/generator/stop`, { method: 'POST' })).status).toBe(200);
  const { code, stdout, stderr } = await runApp(['verify', '--wait', '60'], { env });
  expect({ code, said: stdout + stderr }).toMatchObject({ code: 0 });
}, 600_000);
