import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import sample from '../fixtures/order.json';
import type { AppPlace } from '../helpers/app-place.ts';
import { seriousIn } from '../helpers/axe.ts';
import type { TestBrowser } from '../helpers/browser.ts';
import { closeConsole, openConsole, SHOTS } from '../helpers/console-app.ts';
import { kcat } from '../helpers/kcat.ts';
import { until } from '../helpers/until.ts';

let place: AppPlace;
let browser: TestBrowser;

beforeAll(async () => {
  ({ place, browser } = await openConsole({ TEST_SERVICE_PRODUCER_RATE: '8' }));
});

afterEach(() => browser.endTest());

afterAll(() => closeConsole({ place, browser }));

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });

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
});

test('an order’s way from “send one” to its journey', async () => {
  const page = await browser.open(`${place.url}/generator`);
  await page.getByRole('button', { name: 'Send one' }).click();
  await page.getByRole('link', { name: 'Open the order' }).click();
  await page.getByRole('list').filter({ hasText: 'Readable' }).waitFor();
  await page.getByText('In Kafka').waitFor();
  await page.locator('.journey__position').getByRole('link', { name: 'offset' }).click();
  await page.getByRole('heading', { name: `Message ${place.topic}` }).waitFor();
});

test('the generator is started, changed and stopped', async () => {
  const page = await browser.open(`${place.url}/generator`);
  await page.getByRole('textbox', { name: 'Orders per second' }).fill('25');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('The load has changed').waitFor();
  const generator = async () => (await fetch(`${place.url}/api/v1/generator`)).json();
  expect(await generator()).toMatchObject({ rate: 25, state: 'running' });
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Start' }).waitFor();
  expect(await generator()).toMatchObject({ state: 'stopped' });
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('button', { name: 'Apply' }).waitFor();
  expect(await generator()).toMatchObject({ rate: 25, state: 'running' });
});

test('an order of one’s own: what is wrong is said, and what is right is stored', async () => {
  const page = await browser.open(`${place.url}/generator`);
  const field = page.getByRole('textbox', { name: 'Order as JSON' });
  await field.fill('{"order_uid": ');
  await page.getByText(/This is not JSON/).waitFor();
  await field.fill('{"order_uid": "mine"}');
  await page.getByText('is missing').first().waitFor();
  const sums = { ...sample, order_uid: 'mine', payment: { ...sample.payment, amount: 1 } };
  await field.fill(JSON.stringify(sums, undefined, 2));
  await page.getByText('Not accepted: 1 error.').waitFor();
  await page.getByRole('button', { name: 'Line 19, column 5' }).click();
  expect(await field.evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart))).toMatch(
    /^"amount": 1,/,
  );
  // What is wrong is said once, beside the field.
  expect(await page.getByRole('button', { name: 'Send and wait' }).isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Fill in a sample' }).click();
  await page.getByRole('button', { name: 'Send and wait' }).click();
  await page.getByText(/Order own-\w+ is stored/).waitFor();
  await page.getByRole('link', { name: 'Open the order' }).click();
  await page.getByText('Ada Example').waitFor();
});

test('a file of orders is sent when asked for, with a verdict for each, one over several lines too', async () => {
  const page = await browser.open(`${place.url}/generator`);
  const lines = [1, 2].map((n) => JSON.stringify({ ...sample, order_uid: `file-${n}` }));
  const buffer = Buffer.from(`${[...lines, '{"no":"order"}'].join('\n')}\n`);
  const choosing = page.waitForEvent('filechooser');
  await page.getByLabel('File', { exact: true }).click();
  await (await choosing).setFiles({ name: 'orders.ndjson', mimeType: 'application/x-ndjson', buffer });
  await page.getByText('orders.ndjson', { exact: true }).waitFor();
  expect((await place.get('file-1')).status).toBe(404);
  await page.getByRole('button', { name: /^Send orders.ndjson \(/ }).click();
  await page.getByText('2 orders accepted, 1 rejected, 0 failed').waitFor();
  await page.getByText('Everything was processed.').waitFor();
  await until(async () => (await place.get('file-2')).status === 200);

  const text = JSON.stringify({ ...sample, order_uid: 'dropped' }, undefined, 2);
  const dataTransfer = await page.evaluateHandle((content) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], 'pretty.json'));
    return transfer;
  }, text);
  await page.dispatchEvent('.drop', 'dragover', { dataTransfer });
  await page.locator('.drop--over').waitFor();
  await page.dispatchEvent('.drop', 'drop', { dataTransfer });
  await page.getByRole('button', { name: /^Send pretty.json \(/ }).click();
  await page.getByText('1 order accepted, 0 rejected, 0 failed').waitFor();
  await until(async () => (await place.get('dropped')).status === 200);
});

test('the overview draws the pipe, and says when nothing comes any more', async () => {
  const page = await browser.open(place.url);
  await page.getByText('Live', { exact: true }).waitFor();
  await until(async () => Number.parseFloat((await page.locator('.pipe__arrow').first().textContent()) ?? '') > 0);
  expect(await page.locator('.chart canvas').count()).toBe(7);
  const live = `${place.url}/api/v1/live`;
  await page.route(live, (route) => route.abort());
  await page.reload();
  await page.getByText('Service unavailable').waitFor();
  await page.unroute(live);
  await page.getByText('Live', { exact: true }).waitFor();
});

test('in the pipe: the generator goes faster and makes faults, readers are turned on and off', async () => {
  const page = await browser.open(place.url);
  const pipe = page.getByRole('region', { name: 'The path of an order' });
  const press = (name: string | RegExp) => pipe.getByRole('button', { name }).click();
  const is = async (role: string) => (await fetch(`${place.url}/api/v1/${role}`)).json();
  await fetch(`${place.url}/api/v1/generator`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: '{"rate":25}',
  });
  await press('Faster: 50 orders/s');
  await until(async () => (await is('generator')).rate === 50);
  await press('Add faults');
  await pipe.locator('.pipe__arrow--rejected.pipe__arrow--flows').waitFor();
  expect((await is('generator')).faults).toMatchObject({ malformed: 2 });
  await press('No faults');
  await until(async () => Object.keys((await is('generator')).faults).length === 0);
  await press('Readers on');
  await pipe.locator('.pipe__arrow--answered.pipe__arrow--flows').waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}overview-pipe.png` });
  const moving = () => pipe.evaluate((element) => element.getAnimations({ subtree: true }).length);
  expect(await moving()).toBeGreaterThan(3);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await moving()).toBe(0);
  await press('Readers off');
  await until(async () => (await is('reader')).state === 'stopped');
  await press('Slower: 20 orders/s');
  await until(async () => (await is('generator')).rate === 20);
  // They are not this service's own.
  expect(await pipe.getByRole('button', { name: /^Kill/ }).count()).toBe(0);
  const tour = page.getByRole('region', { name: 'New here? Take two minutes' });
  await tour.getByText('This service does not run Kafka here, so the tour does not kill it.').waitFor();
  expect(await tour.getByRole('listitem').count()).toBe(2);
  await tour.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('button', { name: 'Guided tour' }).waitFor();
});

test('messages are found by key and followed live, and lead to their order', async () => {
  const page = await browser.open(`${place.url}/messages?topic=${place.topic}&key=file-1`);
  await page
    .getByRole('button', { name: /^\d+:\d+$/ })
    .first()
    .click();
  await page.getByRole('region', { name: 'Value' }).getByText('"file-1"').first().waitFor();
  await page.getByRole('textbox', { name: 'Key', exact: true }).fill('');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByRole('switch', { name: 'Follow new messages' }).press('Space');
  await page
    .getByRole('button', { name: /^\d+:\d+$/ })
    .nth(2)
    .waitFor();
  expect(new URL(page.url()).searchParams.get('tail')).toBe('on');
});

test('offsets are reset on the page of the group, after a look at what that would do', async () => {
  const page = await browser.open(`${place.url}/messages?topic=${place.topic}&groups=${place.group}`);
  await page.getByRole('link', { name: place.group }).click();
  const reset = page.getByRole('button', { name: /^Reset \d/ });
  await page.getByRole('combobox', { name: 'To' }).selectOption('offset');
  await page.getByRole('textbox', { name: 'An offset' }).fill('-1');
  await page.getByText('Write a whole number, 0 or more.').waitFor();
  await page.getByRole('combobox', { name: 'To' }).selectOption('earliest');
  expect(await reset.count()).toBe(0);
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByText(/^Reads [\d,]+ offsets again, skips 0\.$/).waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await reset.click();
  await page.getByText(/^Done: [\d,]+ offsets are read again, 0 skipped\./).waitFor();
});

test('the cache: what it holds of an order, and it forgets when told so', async () => {
  const page = await browser.open(`${place.url}/cache?order=file-1`);
  await page.getByRole('button', { name: 'Watch' }).click();
  const value = page.getByRole('region', { name: /^Value in/ });
  await until(async () => {
    // A Redis that is slow for a moment takes no fill.
    await place.get('file-1');
    return (await value.count()) > 0;
  });
  await page.getByRole('button', { name: 'Forget', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Forget file-1?' });
  await dialog.getByRole('button', { name: 'Forget' }).click();
  await page.getByText('file-1 is forgotten in all tiers').waitFor();
  await value.waitFor({ state: 'detached' });
  const forgotten = page.getByRole('row').filter({ hasText: 'forgotten on request' });
  await forgotten.getByRole('link', { name: 'file-1' }).waitFor();
  expect(new URL(page.url()).searchParams.get('watch')).toBe('on');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Forget all orders' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Forget all orders' }).click();
  await page.getByText(/keys? forgotten/).waitFor();
});

test('the cache: keys are found by a part, looked into as they are stored, and forgotten together', async () => {
  const uids = ['many-1', 'many-2', 'many-3', 'many*4'];
  for (const uid of uids) {
    const value = JSON.stringify({ ...sample, order_uid: uid });
    await kcat(place.engines.broker, ['-P', '-t', place.topic, '-k', uid], value);
  }
  // A Redis that is slow for a moment takes no fill.
  const cached = async (uid: string) => {
    await place.get(uid);
    const answer = await fetch(`${place.url}/api/v1/cache/orders/${encodeURIComponent(uid)}`);
    return (await answer.json()).redis?.kind === 'order';
  };
  await until(async () => (await Promise.all(uids.map(cached))).every(Boolean), 60_000);
  const page = await browser.open(`${place.url}/cache`);
  await page.getByRole('heading', { name: /^Lookups by the tier/ }).waitFor();
  const part = page.getByRole('textbox', { name: 'Part of the order_uid' });
  await part.fill('y*');
  await part.press('Enter');
  const open = (name: string) => page.getByRole('button', { name, exact: true });
  await open('many*4').waitFor();
  expect(await page.getByRole('button', { name: /^many-\d$/ }).count()).toBe(0);
  await page.getByRole('cell', { name: /^\d+(\.\d)? s$/ }).waitFor();
  await open('many*4').click();
  const key = page.getByText(/:v2:order:many\*4$/);
  await key.waitFor();
  await page.getByRole('button', { name: 'Copy the key' }).waitFor();
  await page.getByText('The value as it is stored in Redis').click();
  await page
    .getByRole('region', { name: 'The value as it is stored in Redis' })
    .getByText(/^2 [0-9a-f]{8} /)
    .waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await part.fill('many');
  await part.press('Enter');
  await page.getByRole('checkbox', { name: 'Select many-2' }).click();
  await page.getByText('1 selected').waitFor();
  await open('Forget').click();
  const one = page.getByRole('dialog', { name: 'Forget 1 order?' });
  await one.getByRole('button', { name: 'Forget' }).click();
  await open('many-2').waitFor({ state: 'detached' });
  await open('Forget all that match…').click();
  const rest = page.getByRole('dialog', { name: 'Forget 3 orders?' });
  await rest.getByRole('button', { name: 'Forget' }).click();
  await page.getByText('3 keys forgotten').waitFor();
  await page.getByText('No cached order has “many” in its order_uid.').waitFor();
});

const PAGES = [
  ['/', 'Overview', 'Обзор'],
  ['/orders', 'Orders', 'Заказы'],
  ['/generator', 'Generator', 'Генератор'],
  ['/readers', 'Readers', 'Читатели'],
  ['/messages', 'Messages', 'Сообщения'],
  ['/dead-letters', 'Dead letters', 'Отклонённые'],
  ['/cache', 'Cache', 'Кэш'],
  ['/proof', 'Proof', 'Доказательство'],
  ['/chaos', 'Chaos', 'Хаос'],
] as const;

const VIEWS: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark', locale: 'ru-RU' }],
  ['phone', { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, locale: 'ru-RU' }],
];

for (const [view, options] of VIEWS) {
  test(`every page, ${view}: accessible, without complaints, nothing sideways`, async () => {
    const other = await browser.other(options);
    try {
      const look = async ([path, english, russian]: (typeof PAGES)[number]) => {
        const page = await other.open(place.url + path);
        await heading(page, options.locale === undefined ? english : russian).waitFor();
        await page.locator('.card, .orders__uid a').first().waitFor();
        expect([path, await seriousIn(page)]).toEqual([path, []]);
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect([path, sideways]).toEqual([path, 0]);
        await page.screenshot({
          path: `${SHOTS}page-${english.toLowerCase().replace(' ', '-')}-${view}.png`,
        });
      };
      // Each in a process of the browser's own: they need not wait for each other.
      await Promise.all(PAGES.map(look));
      expect(other.complaints).toEqual([]);
    } finally {
      await other.close();
    }
  });
}

test('a wide window is used, and texts stay readable', async () => {
  const wide = await browser.other({ viewport: { width: 1920, height: 1080 } });
  try {
    const page = await wide.open(`${place.url}/proof`);
    const text = page.getByText('Every message still in the topic');
    expect((await text.boundingBox())?.width).toBeLessThan(900);
    for (const path of ['/orders', '/messages', '/cache']) {
      await page.goto(place.url + path);
      const panels = page.locator('.orders, .card');
      await panels.first().waitFor();
      const ends = await panels.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().right));
      expect([path, Math.max(...ends) > 1_800]).toEqual([path, true]);
    }
  } finally {
    await wide.close();
  }
});
