/**
 * Takes the pictures of the README: `make screenshots`. The service runs on engines of its own, with load, lives and
 * readers; PostgreSQL is killed, so that there is something to see.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { statSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { TestBrowser } from './helpers/browser.ts';
import { closeConsole } from './helpers/console-app.ts';
import { OwnEnginesApp } from './helpers/own-engines-app.ts';
import { until } from './helpers/until.ts';

const DOCS = new URL('../docs/', import.meta.url).pathname;
const MOST_BYTES = 150_000;
const PATIENCE_MS = 300_000;

let service: OwnEnginesApp;
let browser: TestBrowser;

beforeAll(async () => {
  [service, browser] = await Promise.all([
    OwnEnginesApp.start(20, {
      TEST_SERVICE_PRODUCER_LIFE: 'true',
      TEST_SERVICE_READER_ENABLED: 'true',
      TEST_SERVICE_READER_RATE: '30',
    }),
    TestBrowser.start({ viewport: { width: 1440, height: 840 }, colorScheme: 'light' }),
  ]);
  await fetch(`${service.place.url}/api/v1/generator`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ faults: { malformed: 0.5, sums_mismatch: 0.5, duplicate: 1 } }),
  });
  await service.flows();
}, PATIENCE_MS);

afterAll(() => closeConsole({ place: service?.place, browser }), PATIENCE_MS);

async function take(page: Page, name: string): Promise<void> {
  const path = `${DOCS}${name}.png`;
  await page.locator('.banner').waitFor({ state: 'detached' });
  await page.screenshot({ path });
  expect([name, statSync(path).size < MOST_BYTES]).toEqual([name, true]);
}

/** Does to PostgreSQL what one does in the page. */
async function press(page: Page, action: 'Kill' | 'Start'): Promise<void> {
  await page.getByRole('button', { name: `${action} PostgreSQL` }).click();
  if (action === 'Kill') await page.getByRole('dialog').getByRole('button', { name: action }).click();
  await page.getByText(new RegExp(`^.*${action} PostgreSQL: done in`)).waitFor();
}

test(
  'the overview, chaos, and the life of an order',
  async () => {
    const { url } = service.place;
    let delivered = '';
    await until(async () => {
      const response = await fetch(`${url}/api/v1/orders?state=delivered&limit=1`);
      const { orders }: { orders: { order_uid: string }[] } = await response.json();
      delivered = orders[0]?.order_uid ?? '';
      return delivered !== '';
    }, PATIENCE_MS);
    const order = await browser.open(`${url}/orders/${delivered}`);
    await order.locator('.life__version').first().waitFor();
    await take(order, 'console-order');

    const overview = await browser.open(url);
    await overview.getByRole('button', { name: 'Not now' }).click();
    await overview.getByText('Orders flow.').waitFor();
    await overview.getByText('Live', { exact: true }).waitFor();
    await take(overview, 'console');

    const chaos = await browser.open(`${url}/chaos`);
    await press(chaos, 'Kill');
    await chaos.waitForTimeout(15_000);
    await press(chaos, 'Start');
    // What was said of it is gone, and what has waited is stored.
    await chaos.waitForTimeout(15_000);
    await until(async () => (await chaos.getByText('running', { exact: true }).count()) === 3);
    await take(chaos, 'console-chaos');
  },
  PATIENCE_MS,
);
