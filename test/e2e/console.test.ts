import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdir } from 'node:fs/promises';
import sample from '../fixtures/order.json';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, startApp } from '../helpers/app-process.ts';
import { TestBrowser } from '../helpers/browser.ts';
import { kcat } from '../helpers/kcat.ts';
import { until } from '../helpers/until.ts';

const SHOTS = new URL('../../.artifacts/', import.meta.url).pathname;

let place: AppPlace;
let browser: TestBrowser;

beforeAll(async () => {
  await mkdir(SHOTS, { recursive: true });
  place = await AppPlace.onTestEngines();
  const env = { ...place.env, TEST_SERVICE_PRODUCER_RATE: '3' };
  const app = startApp(['run', '--json'], { env });
  [browser] = await Promise.all([TestBrowser.start(), app.untilUp()]);
});

afterAll(async () => {
  await browser?.close();
  await killRunning();
  await place.remove();
});

test('the console shows the orders of the running service, and finds one by its order_uid', async () => {
  await until(async () => (await place.latest(3)).length === 3, 30_000);
  const page = await browser.open(`${place.url}/orders`);
  // Orders come in all the time: the newest is the first row at the moment of the click.
  const newest = page.locator('.orders__uid a').first();
  await newest.waitFor();
  const uid = (await newest.textContent()) ?? '';
  await page.getByRole('link', { name: uid }).click();
  await page.getByRole('heading', { level: 1, name: `Order ${uid}` }).waitFor();
  const order = (await (await place.get(uid)).json()) as typeof sample;
  expect(await page.locator('main').textContent()).toContain(order.delivery.email);
  await page.screenshot({ path: `${SHOTS}console-newest.png` });

  await kcat(
    place.engines.broker,
    ['-P', '-t', place.topic, '-k', 'found'],
    JSON.stringify({ ...sample, order_uid: 'found' }),
  );
  await until(async () => (await place.get('found')).status === 200);
  await page.getByRole('textbox', { name: 'order_uid' }).fill('found');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByRole('heading', { level: 1, name: 'Order found' }).waitFor();
  expect(await page.locator('main').textContent()).toContain(sample.delivery.name);
  await page.screenshot({ path: `${SHOTS}console-found.png`, fullPage: true });

  await page.getByRole('textbox', { name: 'order_uid' }).fill('no-such-order');
  await page.getByRole('button', { name: 'Find' }).click();
  await until(async () => /not found|no order/i.test((await page.locator('main').textContent()) ?? ''));
  expect(browser.complaints).toEqual([]);
});
