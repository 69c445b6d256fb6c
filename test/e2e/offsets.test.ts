import { afterAll, beforeAll, expect, test } from 'bun:test';
import { withAdmin } from '../../src/kafka/admin/topics.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { type AppProcess, killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { until } from '../helpers/until.ts';

const ORDERS = 60;
const MORE = 3_000;

let place: AppPlace;
let app: AppProcess;
let env: Readonly<Record<string, string>>;

const start = async (): Promise<void> => {
  app = startApp(['run', '--json'], { env });
  await app.untilUp();
};
const offsets = (...args: string[]) => runApp(['offsets', ...args], { env });
const produce = (count: number, ...args: string[]) => runApp(['produce', '--count', String(count), ...args], { env });
const drained = (count: number) => until(async () => (await place.orders()) === count, 60_000);
const forgetOrders = () => place.query('truncate orders, order_items');

async function ownGroup() {
  const response = await fetch(`${place.url}/api/v1/consumer-groups/${place.group}`);
  expect(response.status).toBe(200);
  return await response.json();
}

async function reset(body: unknown): Promise<void> {
  const response = await fetch(`${place.url}/api/v1/consumer-groups/${place.group}/offsets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}

beforeAll(async () => {
  place = await AppPlace.onTestEngines();
  env = { ...place.env, TEST_SERVICE_PRODUCER_ENABLED: 'false' };
  await start();
  expect((await produce(ORDERS, '--seed', '3')).code).toBe(0);
  await drained(ORDERS);
}, 120_000);

afterAll(async () => {
  await killRunning();
  await place.remove();
});

test('offsets reset by Kafka’s own tool are ignored with a warning, a metric and a flag', async () => {
  await app.stop();
  const partitionOffsets = [0, 1, 2].map((partition) => ({ partition, offset: 0n }));
  await withAdmin(new KafkaClients({ brokers: [place.engines.broker] }), (admin) =>
    admin.alterConsumerGroupOffsets({
      groupId: place.group,
      topics: [{ name: place.topic, partitionOffsets }],
    }),
  );
  const shown = await offsets('show');
  expect(shown.stdout).toContain('moved by hand in Kafka, which has no effect');
  await start();
  await until(() => app.stderr.includes('moved by hand and is ignored'));
  await until(async () => (await ownGroup()).ignored === 3);
  const metrics = await (await fetch(`${place.url}/metrics`)).text();
  expect(metrics).toContain('test_service_ignored_offset_moves 3');
  expect((await ownGroup()).lag).toBe(0);
}, 120_000);

test('a reset is tried, asked about, and followed by a consumer that has nothing to do', async () => {
  await forgetOrders();
  const tried = await offsets('reset', '--to', 'earliest', '--dry-run');
  expect(tried.stdout).toContain(`would read ${ORDERS} offsets again and skip 0`);
  const asked = await offsets('reset', '--to', 'earliest');
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('add --yes to do it')]);
  expect((await ownGroup()).lag).toBe(0);
  const done = await offsets('reset', '--to', 'earliest', '--yes');
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('running consumers follow') });
  await drained(ORDERS);
  expect((await ownGroup()).ignored).toBe(0);
}, 120_000);

test('one partition is read again from an offset or an instant', async () => {
  const { partitions } = await ownGroup();
  const [, one] = partitions;
  await forgetOrders();
  expect((await offsets('reset', '--to', '0', '--partition', '1', '--yes')).code).toBe(0);
  await drained(one.end);
  await forgetOrders();
  await reset({ to: '1h', partitions: [1] });
  await drained(one.end);
  const wrong = await offsets('reset', '--to', '0', '--partition', '7', '--yes');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('no partition 7')]);
}, 120_000);

test('a consumer that stores meanwhile is fenced off: nothing is lost or written twice', async () => {
  const producing = produce(MORE, '--seed', '4', '--rate', '1500');
  await reset({ to: 'earliest' });
  for (const share of [0.2, 0.5, 0.8]) {
    await until(async () => (await place.orders()) > MORE * share, 60_000);
    await reset({ to: 'earliest' });
  }
  expect((await producing).code).toBe(0);
  await drained(ORDERS + MORE);
  const verified = await runApp(['verify', '--wait', '60'], { env });
  expect([verified.code, verified.stderr]).toEqual([0, verified.stderr]);
}, 180_000);
