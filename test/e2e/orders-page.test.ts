import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import sample from '../fixtures/order.json';
import { seriousIn } from '../helpers/axe.ts';
import { type ConsoleApp, closeConsole, openConsole, SHOTS } from '../helpers/console-app.ts';
import { until } from '../helpers/until.ts';

let app: ConsoleApp;

beforeAll(async () => {
  app = await openConsole({ TEST_SERVICE_PRODUCER_RATE: '0.1' });
  const amounts = { amount: 250_000, goods_total: 248_500 };
  const items = sample.items.map((item) => ({ ...item, total_price: amounts.goods_total }));
  const dear = { ...sample, order_uid: 'dear', items, payment: { ...sample.payment, ...amounts, currency: 'USD' } };
  const cheap = { ...sample, order_uid: 'cheap', track_number: 'TRACK-7', customer_id: 'c-4711' };
  cheap.delivery = { ...sample.delivery, name: 'Пётр O’Hara' };
  for (const order of [cheap, dear]) await app.place.store(order);
});

afterEach(() => app.browser.endTest());

afterAll(() => closeConsole(app));

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });

async function search(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'order_uid' }).fill(text);
  await page.keyboard.press('Enter');
}

test('an order is found by what was pasted, by its beginning, its track number and its customer', async () => {
  const page = await app.browser.open(`${app.place.url}/orders`);
  for (const text of ['"cheap",', '"order_uid": "cheap",', `${app.place.url}/orders/cheap?view=json`]) {
    await page.goto(`${app.place.url}/orders`);
    await search(page, text);
    await heading(page, 'Order cheap').waitFor();
  }
  // What only one order has opens it.
  for (const text of ['chea', '«track-7»', 'c-47', 'ПЁТР o’h']) {
    await page.goto(`${app.place.url}/orders`);
    await search(page, text);
    await heading(page, 'Order cheap').waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/orders/cheap');
  }
  // A link to an order that is not there stays one to that order.
  await page.goto(`${app.place.url}/orders/chea`);
  await heading(page, 'Order not found').waitFor();
  await page.getByRole('link', { name: 'Orders that begin with it' }).waitFor();
  await page.getByRole('link', { name: 'cheap' }).waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}orders-alike.png` });
  await page.getByRole('link', { name: 'Orders that begin with it' }).click();
  await until(() => new URL(page.url()).search === '?order_uid_prefix=chea');
  await page.getByRole('link', { name: 'cheap' }).waitFor();
});

test('customers are filtered by name or id, and all orders of an id are a click away', async () => {
  const page = await app.browser.open(`${app.place.url}/orders`);
  await page.getByRole('button', { name: 'Filter' }).click();
  const customer = page.getByLabel('Customer: name or id');
  for (const text of ['"o’hara"', 'C-4']) {
    await customer.fill(text);
    await page.keyboard.press('Enter');
    await until(async () => (await page.locator('.orders__uid a').allInnerTexts()).join() === 'cheap');
  }
  await customer.fill('c-4');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'All orders of customers whose id begins with c-4' }).click();
  await until(() => new URL(page.url()).search === '?customer_id_prefix=c-4');
  await until(async () => (await page.locator('.orders__uid a').allInnerTexts()).join() === 'cheap');
  expect(await page.getByLabel('Customer id begins with').inputValue()).toBe('c-4');
});

test('the columns of the list are chosen, kept, and in the address; a wide window has them all', async () => {
  const page = await app.browser.open(`${app.place.url}/orders`);
  const columns = () => page.getByRole('columnheader').allInnerTexts();
  await page.getByRole('link', { name: 'dear' }).waitFor();
  expect(await columns()).toEqual(['Order', 'Customer', 'State', 'Items', 'Amount', 'Stored']);
  expect(await page.locator('.orders__amount', { hasText: '2,500.00' }).textContent()).toBe('US$2,500.00');
  await page.setViewportSize({ width: 1920, height: 1080 });
  await until(async () => (await columns()).length === 9);
  await page.screenshot({ path: `${SHOTS}orders-wide.png` });
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('checkbox', { name: 'Track number' }).check();
  await page.getByRole('checkbox', { name: 'Items' }).uncheck();
  const chosen = ['Order', 'Customer', 'Track number', 'State', 'Amount', 'Stored'];
  expect(await columns()).toEqual(chosen);
  expect(new URL(page.url()).searchParams.get('columns')).toBe('customer,track,state,amount,stored');
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}orders-columns.png` });
  await page.goto(`${app.place.url}/orders`);
  await page.getByRole('link', { name: 'dear' }).waitFor();
  expect(await columns()).toEqual(chosen);
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('button', { name: 'Usual columns' }).click();
  expect(await columns()).toEqual(['Order', 'Customer', 'State', 'Items', 'Amount', 'Stored']);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: `${SHOTS}orders-phone.png` });
  expect(await page.locator('.orders__body .orders__row').first().locator('> span').count()).toBe(4);
});

test('amounts are typed as money, a currency in any case, and what is refused is said once, in the field', async () => {
  const page = await app.browser.open(`${app.place.url}/orders`);
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.getByLabel('Currency').fill('usd');
  await page.getByLabel('Amount from').fill('2,000.50');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'dear' }).waitFor();
  await until(() => new URL(page.url()).search === '?currency=USD&amount_from=200050');
  expect(await page.getByRole('link', { name: 'cheap' }).count()).toBe(0);
  await page.getByLabel('Amount from').fill('a lot');
  await page.keyboard.press('Enter');
  await page.getByText('Write an amount, such as 1500 or 18.17.').waitFor();
  expect(new URL(page.url()).search).toBe('?currency=USD&amount_from=200050');
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}orders-refused.png` });

  await page.goto(`${app.place.url}/orders?amount_from=lots`);
  await page.getByText('must be a whole number').waitFor();
  expect(await page.getByText('Loading more').count()).toBe(0);
  expect(await page.getByRole('alert').count()).toBe(0);

  await page.goto(`${app.place.url}/orders?state=paid,lost`);
  expect(await page.getByRole('alert').textContent()).toBe('The address asks for states that orders don’t have: lost.');
});
