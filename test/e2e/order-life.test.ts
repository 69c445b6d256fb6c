import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { ITEM_STATUS } from '../../src/order/states.ts';
import { seriousIn } from '../helpers/axe.ts';
import { type ConsoleApp, closeConsole, openConsole, SHOTS } from '../helpers/console-app.ts';
import { kcat } from '../helpers/kcat.ts';
import { sampleOrder } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';

const UID = 'order-with-a-life';
let app: ConsoleApp;

/** Stores a version of an order. */
async function send(uid: string, status: number): Promise<void> {
  const order = sampleOrder(uid, 2);
  await app.place.store({ ...order, items: order.items.map((item) => ({ ...item, status })) });
}

beforeAll(async () => {
  app = await openConsole({ TEST_SERVICE_PRODUCER_ENABLED: 'false' });
  await send(UID, ITEM_STATUS.placed);
  await send(UID, ITEM_STATUS.paid);
  await kcat(app.place.engines.broker, ['-P', '-t', app.place.topic, '-k', UID], '{"order_uid":');
  await send(UID, ITEM_STATUS.delivered);
  await send('another', ITEM_STATUS.paid);
});

afterEach(() => app.browser.endTest());

afterAll(() => closeConsole(app));

test('an order’s page shows its versions, what each changed, and leads to its messages', async () => {
  const { place, browser } = app;
  const page = await browser.open(`${place.url}/orders/${UID}`);
  const life = page.locator('.life');
  await life.getByText('Stored now').waitFor();
  const versions = life.locator('.life__version');
  expect(await versions.count()).toBe(4);
  const texts = await versions.allInnerTexts();
  expect(texts[0]).toContain('First version');
  expect(texts[1]).toContain('/items/0/status 100 Placed → 200 Paid');
  expect(texts[2]).toContain('not JSON');
  expect(texts[3]).toContain('/items/1/status 200 Paid → 204 Delivered');
  expect(await life.locator('[aria-current]').textContent()).toContain('Delivered');
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}console-life.png`, fullPage: true });
  await life.getByRole('button', { name: 'Search further' }).click();
  await life.getByText(/in (\d+) of \1 partition/).waitFor();
  await versions.first().getByRole('link').click();
  await page.getByRole('heading', { level: 1, name: 'Messages' }).waitFor();
});

test('an order’s page follows the order, and its receipt names the status of each item', async () => {
  const { place, browser } = app;
  await send('followed', ITEM_STATUS.handed_over);
  const page = await browser.open(`${place.url}/orders/followed`);
  const state = page.locator('.page-title .state');
  const statuses = () => page.locator('.items tbody .items__extra:first-of-type').allInnerTexts();
  await page.getByText('Live', { exact: true }).waitFor();
  expect(await state.textContent()).toBe('Handed over');
  expect(await statuses()).toEqual(['202 Handed over', '202 Handed over']);
  await send('followed', ITEM_STATUS.delivered);
  await page.locator('.page-title .state', { hasText: 'Delivered' }).waitFor();
  expect(await statuses()).toEqual(['204 Delivered', '204 Delivered']);
  await until(async () => (await page.locator('.life__version').count()) === 2, 60_000);
  // An order that was opened before it is there comes by itself, too.
  await page.goto(`${place.url}/orders/on-its-way`);
  await page.getByRole('heading', { level: 1, name: 'Order not found' }).waitFor();
  await send('on-its-way', 7);
  await page.getByRole('heading', { level: 1, name: 'Order on-its-way' }).waitFor();
  expect(await statuses()).toEqual(['7', '7']);
});

test('the states of all orders are counted live, and choosing one lists its orders', async () => {
  const { place, browser } = app;
  const page = await browser.open(`${place.url}/orders`);
  const states = page.getByRole('toolbar', { name: 'Orders by state' });
  const paid = states.getByRole('button', { name: /^Paid/ });
  await states.getByRole('button', { name: 'Delivered 2' }).waitFor();
  expect(await paid.locator('b').textContent()).toBe('1');
  expect(await paid.textContent()).toContain('3 got this far');
  await paid.click();
  expect(new URL(page.url()).searchParams.get('state')).toBe('paid');
  await until(async () => (await page.locator('.orders__uid a').allInnerTexts()).join() === 'another', 30_000);
  expect(await page.locator('.orders__body .orders__state').textContent()).toBe('Paid');
  expect(await paid.getAttribute('aria-pressed')).toBe('true');
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}console-states.png` });
  await send('another', ITEM_STATUS.delivered);
  await states.getByRole('button', { name: 'Delivered 3' }).waitFor();
  await page.getByText('No orders match the filter.').waitFor();
  await paid.click();
  await until(async () => (await page.locator('.orders__uid a').count()) === 4, 30_000);
});
