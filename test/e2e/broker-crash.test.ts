import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { ensureTopics, withAdmin } from '../../src/kafka/admin/topics.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { PartitionFetcher } from '../../src/kafka/read/partition-fetcher.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { type AppProcess, killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { kcat } from '../helpers/kcat.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

/** Each node in a rack of its own, from which replicas may be read. */
const racks = (node: number) => ({
  'broker.rack': `rack-${node}`,
  'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
});

const folder = createTempDir('test-broker-crash-');
let place: AppPlace;
let cluster: KafkaCluster;
let clients: KafkaClients;
let env: Record<string, string>;

beforeAll(async () => {
  [place, cluster] = await Promise.all([
    AppPlace.onTestEngines(),
    KafkaCluster.start(join(folder.path, 'kafka'), undefined, racks),
  ]);
  clients = new KafkaClients(cluster);
  await cluster.untilWhole(clients);
  env = {
    ...place.env,
    TEST_SERVICE_ENGINES: 'off',
    TEST_SERVICE_KAFKA_BROKERS: cluster.brokers.join(','),
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

/** The line that `doctor` has about topics. */
async function doctorsWord(settings: Readonly<Record<string, string>>): Promise<string | undefined> {
  const { stdout } = await runApp(['doctor'], { env: { ...env, ...settings } });
  return /^\S+ +topics .*$/m.exec(stdout)?.[0];
}

test('doctor names what the loss of a broker would do to the topics; new ones are made as the brokers say', async () => {
  expect(await runApp(['produce', '--count', '300'], { env })).toMatchObject({ code: 0 });
  const orders = { TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC: `${place.topic}-letters` };
  expect(await doctorsWord(orders)).toContain(`missing: ${place.topic}-letters`);
  const settings = { partitions: 3, configs: { 'min.insync.replicas': '1' } };
  const [one, two] = [`${place.topic}-one`, `${place.topic}-two`];
  await ensureTopics(clients, [
    { ...settings, name: one, replicationFactor: 1 },
    { ...settings, name: two, replicationFactor: 2 },
  ]);
  const word = await doctorsWord({ TEST_SERVICE_KAFKA_TOPIC: one, TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC: two });
  await withAdmin(clients, (admin) => admin.deleteTopics({ topics: [one, two] }));
  expect(word).toContain('-one has one replica: with its broker, messages are gone');
  expect(word).toContain('-two has min.insync.replicas 1');
}, 600_000);

test('a reader reads from the replica of its rack, and from leaders when that is gone', async () => {
  const here = new KafkaClients({ ...cluster, rack: 'rack-1' });
  const fetcher = new PartitionFetcher(here, { topic: place.topic, clientId: 'test', maxBytesPerPartition: 1_000_000 });
  const positions = new Map([0, 1, 2].map((partition) => [partition, 0]));
  const nodes = async () => (await fetcher.shares(positions)).map(({ node }) => node - 1);
  const read = async () => {
    const brought = await fetcher.fetch(positions, 100).catch(() => []);
    return brought.filter(({ records }) => records[0]?.offset === 0).length;
  };
  try {
    await fetcher.open();
    expect((await nodes()).length).toBe(3);
    await until(async () => (await read()) === 3 && (await nodes()).join() === '1', 60_000, 100);
    await cluster.kill(1);
    await until(async () => (await read()) === 3, 60_000, 100);
    expect(await nodes()).not.toContain(1);
  } finally {
    await fetcher.close();
    await cluster.boot(1);
    await cluster.untilWhole(clients);
  }
}, 600_000);

test('a partition without a leader stops neither the others of its topic, nor whoever lists topics', async () => {
  const topic = `${place.topic}-single`;
  await ensureTopics(clients, [
    { name: topic, partitions: 3, replicationFactor: 1, configs: { 'min.insync.replicas': '1' } },
  ]);
  const single = { ...env, TEST_SERVICE_KAFKA_TOPIC: topic, TEST_SERVICE_PRODUCER_ENABLED: 'false' };
  expect(await runApp(['produce', '--count', '300'], { env: single })).toMatchObject({ code: 0 });
  await startApp(['run', '--json'], { env: single }).untilUp();
  await until(async () => (await place.consumed()) === 300, 120_000, 100);
  const lead = async () =>
    withAdmin(clients, async (admin) => {
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
      return (topics.get(topic)?.partitions ?? []).map(({ leader }) => leader - 1);
    });
  const dead = ((await coordinator()) + 1) % 3;
  const living = (await lead()).findIndex((node) => node !== dead);
  await cluster.kill(dead);
  await until(async () => (await lead()).some((node) => node < 0), 120_000, 200);
  const [order = ''] = (await runApp(['generate', '--count', '1', '--seed', '7'])).stdout.split('\n');
  const brokers = cluster.brokers.filter((_, node) => node !== dead).join(',');
  await kcat(brokers, ['-P', '-t', topic, '-p', String(living)], order);
  await until(async () => (await place.consumed()) === 301, 120_000, 100);
  expect((await fetch(`${place.url}/api/v1/topics`)).status).toBe(200);
  expect((await fetch(`${place.url}/api/v1/topics/${topic}`)).status).toBe(200);
  await killRunning();
  // A start lists topics, too.
  await startApp(['run', '--json'], { env: single }).untilUp();
  await kcat(brokers, ['-P', '-t', topic, '-p', String(living)], order);
  await until(async () => (await place.consumed()) === 302, 120_000, 100);
  await killRunning();
  await cluster.boot(dead);
  await cluster.untilWhole(clients);
  await withAdmin(clients, (admin) => admin.deleteTopics({ topics: [topic] }));
  await place.query('truncate orders, order_items, consumer_offsets');
}, 600_000);

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
