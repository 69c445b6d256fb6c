import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Readers } from '../../src/client/schema.generated.ts';
import type { Order } from '../../src/order/order.ts';
import type { AppPlace } from '../helpers/app-place.ts';
import { runApp, startApp } from '../helpers/app-process.ts';
import { seriousIn } from '../helpers/axe.ts';
import type { TestBrowser } from '../helpers/browser.ts';
import { closeConsole, openConsole, SHOTS } from '../helpers/console-app.ts';
import { sampleOrder } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';

let place: AppPlace;
let browser: TestBrowser;

beforeAll(async () => {
  ({ place, browser } = await openConsole({ TEST_SERVICE_PRODUCER_ENABLED: 'false' }));
});

afterAll(async () => await closeConsole({ place, browser }));

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  const json =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return await fetch(`${place.url}/api/v1${path}`, { method, ...json });
}

async function readers(method = 'GET', path = '', body?: unknown): Promise<Readers> {
  const response = await call(method, `/reader${path}`, body);
  expect(response.status).toBe(200);
  return await response.json();
}

const countOf = ({ latencies }: Readers, outcome: string): number =>
  latencies.find((one) => one.outcome === outcome)?.count ?? 0;

/** Sends an order, and waits until this version of it is readable. */
async function store(order: Order): Promise<void> {
  const headers = { 'content-type': 'application/json', prefer: 'wait=9' };
  const response = await fetch(`${place.url}/api/v1/orders`, { method: 'POST', headers, body: JSON.stringify(order) });
  expect(response.status).toBe(201);
}

test('under updates every tier answers, and nothing is stale', async () => {
  expect(await readers()).toMatchObject({ state: 'stopped', rate: 5, latencies: [] });
  await call('POST', '/generator/start', { rate: 60, faults: { changed: 50, duplicate: 5 } });
  await until(async () => (await place.orders()) > 20);
  await readers('POST', '/start', { rate: 150, connections: 8, repeats: 20, think_ms: 200 });
  await until(async () => {
    const now = await readers();
    return countOf(now, 'l1') > 100 && countOf(now, 'redis') > 20 && countOf(now, 'postgresql') > 100;
  });
  const exit = await runApp(['read', '--url', place.url, '--rate', '40', '--duration', '3s', '--json'], {
    cwd: place.folder,
  });
  expect(exit).toMatchObject({ code: 0 });
  const report = JSON.parse(exit.stdout);
  expect(report).toMatchObject({ failed: 0, stale: 0, failures: {}, staleAnswers: [] });
  expect(report.answered).toBeGreaterThanOrEqual(120);
  await call('POST', '/generator/stop');
  const stopped = await readers('POST', '/stop');
  expect(stopped).toMatchObject({ state: 'stopped', failures: [], stale: 0 });
  expect(countOf(stopped, 'absent')).toBeGreaterThan(0);
}, 120_000);

test('a stale order in the cache is found by the readers of the process, and by those that never saw a newer one', async () => {
  const uid = `planted-${place.id}`;
  const key = `${place.keyPrefix}:v2:order:${uid}`;
  const redis = new Bun.RedisClient(place.engines.redisUrl);
  try {
    // It is to be the newest.
    await until(async () => (await place.consumed()) === (await place.produced()));
    const order = sampleOrder(uid);
    await store(order);
    let old: Uint8Array | null = null;
    await until(async () => {
      await place.get(uid);
      old = await redis.getBuffer(key);
      return old !== null;
    });
    await store({ ...order, track_number: 'CHANGED' });
    // As good as only this one.
    await readers('POST', '/start', { rate: 100, zipf: 10, absent: 0, lists: 0, repeats: 0 });
    await until(async () => countOf(await readers(), 'l1') > 5);
    expect((await readers()).stale).toBe(0);

    await redis.set(key, old ?? '');
    await until(async () => (await readers()).stale > 0);
    const [found] = (await readers('POST', '/stop')).stale_answers;
    expect(found).toMatchObject({ order_uid: uid, answered: { topic: place.topic }, before: { topic: place.topic } });
    expect(found?.outcome).toMatch(/^(l1|redis)$/);
    expect(found?.before.offset ?? 0).toBeGreaterThan(found?.answered?.offset ?? Number.MAX_VALUE);
    const metrics = await (await fetch(`${place.url}/metrics`)).text();
    expect(metrics).toMatch(/^test_service_reader_stale_answers_total [1-9]/m);
    await until(async () => (await (await call('GET', '/live/history')).text()).includes('stale_answers'));

    // It learns from the list what is stored.
    const load = ['--rate', '20', '--duration', '1h', '--zipf', '10', '--absent', '0'];
    const app = startApp(['read', '--url', place.url, ...load, '--json'], { cwd: place.folder });
    await until(() => /, [1-9]\d* stale/.test(app.stderr), 60_000);
    const exit = await app.stop('SIGINT');
    expect(exit.code).toBe(1);
    expect(JSON.parse(exit.stdout).staleAnswers[0]).toMatchObject({ uid, answered: { topic: place.topic } });
  } finally {
    redis.close();
  }
}, 180_000);

test('the page starts, changes and stops them, refuses what it can’t mean, and shows who answered and what is stale', async () => {
  const page = await browser.open(`${place.url}/readers`);
  const field = (name: string) => page.getByRole('textbox', { name, exact: true });
  await field('Requests per second').fill('many');
  await page.getByText('Write a number, such as 1500 or 0.5.').waitFor();
  await field('Requests per second').fill('40');
  await field('Lists, %').fill('60');
  await field('Orders that don’t exist, %').fill('50');
  await page.getByText('Together the shares can’t be more than 100%.').first().waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await field('Orders that don’t exist, %').fill('12,5');
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByText('The readers are running').waitFor();
  expect(await readers()).toMatchObject({ state: 'running', rate: 40, lists: 60, absent: 12.5 });
  const row = (name: string) => page.getByRole('row').filter({ hasText: name });
  await row('no such order').first().waitFor();
  await row('server memory').first().waitFor();
  // Of the test before.
  await page
    .getByRole('link', { name: `planted-${place.id}` })
    .first()
    .waitFor();
  await page.getByRole('link', { name: place.topic, exact: true }).first().waitFor();
  await field('Requests per second').fill('20');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('The mix has changed').waitFor();
  expect(await readers()).toMatchObject({ state: 'running', rate: 20 });

  await field('Lists, %').fill('7,5');
  await page.getByRole('link', { name: 'Generator' }).first().click();
  await page.getByRole('heading', { name: 'Generator' }).waitFor();
  await page.getByRole('link', { name: 'Readers' }).first().click();
  await page.waitForURL(/\/readers\?lists=7%2C5$/);
  await page.reload();
  await until(async () => (await field('Lists, %').inputValue()) === '7,5');
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.waitForURL(/\/readers$/);
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}readers.png`, fullPage: true });
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('The readers have stopped').waitFor();
  expect(await readers()).toMatchObject({ state: 'stopped' });
  expect(browser.complaints).toEqual([]);
}, 120_000);
