import { afterAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { ensureEngines } from '../../src/engines/engines.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import sample from '../fixtures/order.json';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, startApp } from '../helpers/app-process.ts';
import { settingsWithOwn } from '../helpers/engine-settings.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';

const folder = createTempDir('test-without-kafka-');
const settings = await settingsWithOwn(['kafka'], join(folder.path, 'data'));
const engines = await ensureEngines(settings, { logger: silentLogger, owner: 'run' });
const place = await AppPlace.onTestEngines();

afterAll(async () => {
  await killRunning();
  await Promise.all([engines.close(), place.remove()]);
  folder.remove();
});

function post(order: object): Promise<Response> {
  return fetch(`${place.url}/api/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  });
}

test('Kafka dies: lookups do not notice, and no order is said to be taken', async () => {
  const env = {
    ...place.env,
    TEST_SERVICE_ENGINES: 'off',
    TEST_SERVICE_PRODUCER_ENABLED: 'false',
    TEST_SERVICE_KAFKA_BROKERS: settings.brokers.join(','),
  };
  await startApp(['run', '--json'], { env }).untilUp();
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
  await until(async () => (await (await fetch(`${place.url}/readyz`)).json()).status === 'degraded');
  expect((await place.get(sample.order_uid)).status).toBe(200);
});
