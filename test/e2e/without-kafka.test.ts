import { afterAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { ensureEngines } from '../../src/engines/engines.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import sample from '../fixtures/order.json';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, startApp } from '../helpers/app-process.ts';
import { settingsWithSeeded } from '../helpers/engine-settings.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';

const folder = createTempDir('test-without-kafka-');
const settings = await settingsWithSeeded(['kafka'], join(folder.path, 'data'));
let engines = await ensureEngines(settings, { logger: silentLogger, owner: 'run' });
const place = await AppPlace.onTestEngines();

afterAll(async () => {
  await killRunning();
  await Promise.all([engines.close(), place.remove()]);
  folder.remove();
});

const START_MS = 120_000;
const env = {
  ...place.env,
  TEST_SERVICE_ENGINES: 'off',
  TEST_SERVICE_PRODUCER_ENABLED: 'false',
  TEST_SERVICE_KAFKA_BROKERS: settings.brokers.join(','),
};

async function readiness(): Promise<{ status: string; engines: object[] }> {
  return (await fetch(`${place.url}/readyz`)).json();
}

/** Everything that can be read and has an end. */
async function pathsToRead(): Promise<string[]> {
  const { paths }: { paths: Record<string, { get?: { operationId: string } }> } = await (
    await fetch(`${place.url}/openapi.json`)
  ).json();
  const ended = Object.entries(paths).filter(([, { get }]) => get && !/^live$|tail/i.test(get.operationId));
  return ended.map(([path]) => path.replaceAll(/\{\w+\}/g, '1'));
}

function post(order: object): Promise<Response> {
  return fetch(`${place.url}/api/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  });
}

test('Kafka dies: lookups do not notice, and no order is said to be taken', async () => {
  await startApp(['run', '--json'], { env }).untilUp(START_MS);
  expect((await post(sample)).status).toBe(202);
  await until(async () => (await place.get(sample.order_uid)).headers.get('x-cache') === 'l1');
  const kafka = engines.statuses.find(({ engine }) => engine === 'kafka');
  if (kafka?.pid === undefined) throw new Error('no pid');
  process.kill(kafka.pid, 'SIGKILL');

  const sending = post({ ...sample, order_uid: 'while-kafka-is-away' });
  for (let round = 0; round < 100; round++) {
    const from = unstalledNow();
    const [found, absent] = await Promise.all([place.get(sample.order_uid), place.get(`absent-${round}`)]);
    expect([found.status, absent.status]).toEqual([200, 404]);
    expect(unstalledNow() - from).toBeLessThan(1_000);
  }
  const from = unstalledNow();
  const answer = await sending;
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(unstalledNow() - from).toBeLessThan(15_000);
  await until(async () => (await readiness()).status === 'degraded');
  expect((await place.get(sample.order_uid)).status).toBe(200);
});

test('serve and consume start while Kafka is away, say so, and go on once it comes', async () => {
  await killRunning();
  const apps = await Promise.all(
    (['serve', 'consume'] as const).map(async (role) => {
      const app = startApp([role, '--json'], { env });
      expect(await app.untilUp(START_MS)).toMatchObject({
        engines: expect.arrayContaining([expect.objectContaining({ engine: 'kafka', state: 'absent' })]),
      });
      return app;
    }),
  );
  for (const app of apps) expect(app.stderr).toContain('going on without it until it does');
  await until(async () => (await place.get(sample.order_uid)).status === 200);
  await until(async () => (await readiness()).status === 'degraded');
  expect((await readiness()).engines).toContainEqual(
    expect.objectContaining({ name: 'kafka', status: 'down', required: false }),
  );
  for (const path of await pathsToRead()) {
    const answer = await fetch(`${place.url}${path}`);
    const said = answer.status === 503 ? (await answer.json()).title : String(answer.status);
    expect({ path, said }).toEqual({ path, said: expect.stringMatching(/^(200|400|404|Kafka does not answer)$/) });
  }
  engines = await ensureEngines(settings, { logger: silentLogger, owner: 'run' });
  const later = { ...sample, order_uid: 'once-kafka-is-there' };
  await until(async () => (await post(later)).status === 202, START_MS, 100);
  await until(async () => (await place.get(later.order_uid)).status === 200, START_MS, 100);
  for (const app of apps) expect(await app.stop()).toMatchObject({ code: 0, signal: null });
}, 300_000);
