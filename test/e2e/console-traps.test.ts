import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { badFocusIn, seriousIn } from '../helpers/axe.ts';
import { type ConsoleApp, closeConsole, openConsole, SHOTS } from '../helpers/console-app.ts';
import { kcat, messages } from '../helpers/kcat.ts';
import { until } from '../helpers/until.ts';

let app: ConsoleApp;

beforeAll(async () => {
  app = await openConsole({ TEST_SERVICE_PRODUCER_RATE: '5' });
});

afterEach(() => app.browser.endTest());

afterAll(() => closeConsole(app));

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });
const menu = (page: Page, name: string) => page.getByRole('navigation').getByRole('link', { name });
const RECONNECTING = 'The service does not answer. Reconnecting…';

test('while the service is gone no page stays blank, nothing is called live, and all comes back by itself', async () => {
  const { place, browser } = app;
  const [overview, orders] = [await browser.open(place.url), await browser.open(`${place.url}/orders`)];
  await overview.getByText('Live', { exact: true }).waitFor();
  await orders.locator('.orders__uid a').first().waitFor();
  await app.kill();
  for (const page of [overview, orders]) {
    await page.getByText(RECONNECTING).waitFor();
    await page.getByText('No connection').waitFor();
    expect(await page.getByText('Live', { exact: true }).count()).toBe(0);
  }
  // Neither page has its code yet.
  await menu(overview, 'Generator').click();
  await heading(overview, 'This page has not loaded').waitFor();
  expect(await seriousIn(overview)).toEqual([]);
  await overview.screenshot({ path: `${SHOTS}console-not-loaded.png` });
  await menu(overview, 'Orders').click();
  await heading(overview, 'Orders').waitFor();
  await menu(overview, 'Proof').click();
  await heading(overview, 'This page has not loaded').waitFor();

  await app.restart();
  await heading(overview, 'Proof').waitFor();
  await menu(overview, 'Generator').click();
  await overview.getByText('Running', { exact: true }).first().waitFor();
  await orders.getByText('Live', { exact: true }).waitFor();
  expect(await orders.getByText(RECONNECTING).count()).toBe(0);
});

test('an address where nothing is has a page that says so, at any depth; programs get a problem', async () => {
  const { place, browser } = app;
  for (const path of ['/nope', '/orders/a/b', '/nope/']) {
    const page = await browser.open(place.url + path);
    await heading(page, 'Page not found').waitFor();
    expect(await page.getByRole('link', { name: 'Go to the overview' }).getAttribute('href')).toBe('/');
    await page.close();
  }
  const [html, json] = await Promise.all([
    fetch(`${place.url}/nope`, { headers: { accept: 'text/html' } }),
    fetch(`${place.url}/nope`),
  ]);
  expect([html.status, json.status]).toEqual([404, 404]);
  expect([html.headers.get('content-type'), json.headers.get('content-type')]).toEqual([
    'text/html;charset=utf-8',
    'application/problem+json',
  ]);
  expect(html.headers.get('content-security-policy')).toContain("default-src 'none'");
  const ofTheApi = await fetch(`${place.url}/api/v1/nope`, { headers: { accept: 'text/html' } });
  expect(ofTheApi.headers.get('content-type')).toBe('application/problem+json');
});

test('a rejected order’s page says why, and leads to its letter, as its message does', async () => {
  const { place, browser } = app;
  const uid = 'no-good-order';
  await kcat(place.engines.broker, ['-P', '-t', place.topic, '-k', uid], '{"order_uid": "no-good-order"}');
  const page = await browser.open(`${place.url}/orders/${uid}`);
  await until(async () => {
    await page.reload();
    await page.getByRole('status').filter({ hasText: uid }).waitFor();
    return (await heading(page, 'Order rejected').count()) > 0;
  });
  await page.getByText('against the schema', { exact: true }).waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}console-rejected.png` });
  await page.getByRole('link', { name: 'Open the dead letter' }).click();
  await page.getByRole('heading', { name: /^Dead letter \d+:\d+$/ }).waitFor();

  await page.goto(`${place.url}/messages?topic=${place.topic}&key=${uid}`);
  await page.getByRole('link', { name: 'against the schema' }).click();
  await page.getByRole('heading', { name: /^Dead letter \d+:\d+$/ }).waitFor();
});

test('on a phone: the menu opens where the reader is, rows show what matters, and the overview is short', async () => {
  const { place, browser } = app;
  const phone = await browser.other({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  try {
    const page = await phone.open(place.url);
    await page.getByRole('heading', { name: 'Lag by partition' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(2_100);
    await page.evaluate(() => scrollTo(0, 700));
    await page.getByRole('button', { name: 'Menu' }).click();
    const dialog = page.getByRole('dialog');
    const link = dialog.getByRole('link', { name: 'Messages' });
    expect(await link.evaluate((one) => one.getBoundingClientRect().top)).toBeWithin(0, 844);
    expect(await seriousIn(page)).toEqual([]);
    await page.screenshot({ path: `${SHOTS}console-phone-menu.png` });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Menu' }).click();
    await link.click();
    await heading(page, 'Messages').waitFor();
    expect(await dialog.count()).toBe(0);
    const value = page.getByRole('cell').filter({ hasText: '{"order_uid"' }).first();
    const { left = -1, width = 0 } = await value.evaluate((cell) => cell.getBoundingClientRect().toJSON());
    expect([left >= 0, width > 250, left + width <= 390]).toEqual([true, true, true]);
    expect(phone.complaints).toEqual([]);
  } finally {
    await phone.close();
  }
});

test('what the overview shows leads to its page', async () => {
  const { place, browser } = app;
  const page = await browser.open(place.url);
  const pipe = page.getByRole('region', { name: 'The path of an order' });
  for (const [node, title] of [
    ['Redis', 'Cache'],
    ['Kafka', 'Messages'],
  ] as const) {
    await pipe.getByRole('link', { name: node }).click();
    await heading(page, title).waitFor();
    await page.goBack();
  }
  await pipe.getByRole('link', { name: 'Dead letters' }).click();
  await heading(page, 'Dead letters').waitFor();
  await page.goBack();
  await pipe.getByRole('link', { name: /^Messages rejected: / }).click();
  await heading(page, 'Dead letters').waitFor();
});

test('a message opens beside its list, which stays where it is; keys go on and close it', async () => {
  const { place, browser } = app;
  const page = await browser.open(`${place.url}/messages?topic=${place.topic}`);
  const rows = page.getByRole('button', { name: /^\d+:\d+$/ });
  const row = rows.nth(8);
  // In the middle, so that the next one is in sight, too.
  await row.evaluate((one) => one.scrollIntoView({ block: 'center' }));
  const top = async () => (await row.boundingBox())?.y ?? Number.NaN;
  const [before, name] = [await top(), (await row.textContent()) ?? ''];
  await row.click();
  const detail = (position: string) => page.getByRole('region', { name: `Message ${place.topic} ${position}` });
  await detail(name).getByRole('region', { name: 'Value' }).waitFor();
  expect(Math.abs((await top()) - before)).toBeLessThan(3);
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}console-beside.png` });
  await page.keyboard.press('j');
  const next = (await rows.nth(9).textContent()) ?? '';
  await detail(next).waitFor();
  await page.getByRole('button', { name: 'Previous (k)' }).click();
  await detail(name).waitFor();
  await page.keyboard.press('Escape');
  await detail(name).waitFor({ state: 'detached' });
  expect(Math.abs((await top()) - before)).toBeLessThan(3);
  expect(await row.evaluate((button) => document.activeElement === button)).toBe(true);
  await row.click();
  await detail(name).waitFor();
  await page.goBack();
  await detail(name).waitFor({ state: 'detached' });
});

test('messages are searched as people write it, and what is not understood is said in its field', async () => {
  const { place, browser } = app;
  const [order] = await place.latest();
  const uid = order?.order_uid ?? '';
  const page = await browser.open(`${place.url}/messages?topic=${place.topic}`);
  const field = (name: string) => page.getByRole('textbox', { name, exact: true });
  const show = page.getByRole('button', { name: 'Show', exact: true });
  await field('Written within, or since').fill('last year');
  await field('JSON of the value has').fill('currency');
  await show.click();
  await page.getByText('Write an age (15 m, 2 h) or a time (2026-11-27 19:30).').waitFor();
  await page.getByText('It begins with a slash: /payment/currency=USD').waitFor();
  expect(new URL(page.url()).searchParams.has('at')).toBe(false);
  await field('Written within, or since').fill('3 h');
  await field('JSON of the value has').fill(`/order_uid=${uid}`);
  await show.click();
  const rows = page.getByRole('button', { name: /^\d+:\d+$/ });
  await until(async () => (await rows.count()) === 1);
  expect(new URL(page.url()).searchParams.get('at')).toBe('3h');
  await page.getByRole('textbox', { name: 'Columns from the JSON' }).fill('order_uid, payment/currency');
  await page.keyboard.press('Enter');
  await page.getByRole('columnheader', { name: '/payment/currency' }).waitFor();
  await page.getByRole('cell', { name: uid }).first().waitFor();
  expect(await seriousIn(page)).toEqual([]);
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
  expect(await readFile(await saved.path(), 'utf8')).toContain(`,${uid},${uid},`);
});

test('a topic and a consumer group have pages of their own, which lead to each other', async () => {
  const { place, browser } = app;
  const page = await browser.open(`${place.url}/messages?topic=${place.topic}`);
  await page.getByRole('link', { name: 'About the topic' }).click();
  await heading(page, `Topic ${place.topic}`).waitFor();
  await page.getByText('The orders that this service stores').waitFor();
  await page.getByRole('columnheader', { name: 'In sync' }).waitFor();
  await page.getByRole('button', { name: /^Show \d+ defaults?$/ }).click();
  await page.getByRole('cell', { name: 'segment.bytes', exact: true }).waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.getByRole('region', { name: 'Groups that read it' }).getByRole('link', { name: place.group }).click();
  await heading(page, `Group ${place.group}`).waitFor();
  const members = page.getByRole('region', { name: 'Members' });
  await members.getByText(`${place.topic}: 0, 1, 2`).waitFor();
  await page.getByText(/^broker \d+, /).waitFor();
  expect(await page.locator('.nav__link[aria-current]').textContent()).toBe('Messages');
  expect(await seriousIn(page)).toEqual([]);
  await members.getByRole('link', { name: place.topic }).click();
  await heading(page, `Topic ${place.topic}`).waitFor();
  await page.goto(`${place.url}/topics/${place.deadLetterTopic}`);
  const kept = page.getByRole('row').filter({ hasText: 'retention.ms' });
  await kept.getByRole('cell', { name: 'for this topic' }).waitFor();
  await page.goto(`${place.url}/groups/${encodeURIComponent('no/such group')}`);
  await page.getByText('There is no such group').waitFor();

  const [order] = await place.latest();
  for (const part of ['.journey__position', '.life']) {
    await page.goto(`${place.url}/orders/${order?.order_uid}`);
    await page.locator(part).getByRole('link', { name: place.topic }).click();
    await heading(page, `Topic ${place.topic}`).waitFor();
  }
});

test('any message is produced after a look at what it will do, and one is sent again byte for byte', async () => {
  const { place, browser } = app;
  const format = '%p:%o %k %h %S %s';
  const lines = async (of: string) =>
    (await messages(place.engines.broker, place.topic, format)).split('\n').filter((line) => line.includes(of));
  const page = await browser.open(`${place.url}/messages?topic=${place.topic}&partition=1`);
  await page.getByRole('button', { name: 'Produce a message' }).click();
  const form = page.getByRole('region', { name: 'Produce a message' });
  const field = (name: string) => form.getByRole('textbox', { name, exact: true });
  const written = (what: string, how: string) =>
    form.getByRole('combobox', { name: `${what}: written as` }).selectOption(how);
  await field('Key').fill('of-mine');
  await field('Value').fill('{"a"');
  await form.getByText('This is not JSON. Choose “Text” to send it anyway.').waitFor();
  expect(await form.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
  await written('Value', 'text');
  await form.getByText('The consumer writes a dead letter: not JSON.').waitFor();
  await written('Value', 'hex');
  expect(await field('Value').inputValue()).toBe('7b 22 61 22');
  await field('Value').fill('7b ff 00');
  await written('Value', 'text');
  await form.getByText('These bytes are not text in UTF-8.').waitFor();
  await form.getByRole('button', { name: 'Add a header' }).click();
  await field('Name of header 1').fill('why');
  await field('Header 1').fill('a: trial');
  await form.getByText('The consumer writes a dead letter: not UTF-8.').waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.reload();
  expect(await field('Value').inputValue()).toBe('7b ff 00');
  await form.getByRole('button', { name: 'Send' }).click();
  await form.getByText('Sent:').waitFor();
  const [first = ''] = await lines('of-mine');
  const [position = ''] = first.split(' ');
  expect(first.slice(position.length)).toBe(' of-mine why=a: trial 3 {\ufffd\0');

  await form.getByRole('link', { name: position, exact: true }).click();
  const detail = page.getByRole('region', { name: `Message ${place.topic} ${position}` });
  await detail.getByRole('button', { name: 'Send again' }).click();
  const question = page.getByRole('dialog', { name: `Send ${position} again?` });
  await question.getByText('The consumer writes a dead letter: not UTF-8.').waitFor();
  await question.getByRole('button', { name: 'Send again' }).click();
  await detail.getByText('Sent:').waitFor();
  const [, second = ''] = await lines('of-mine');
  expect(second.slice(second.indexOf(' '))).toBe(first.slice(position.length));

  await detail.getByRole('button', { name: 'Change before sending' }).click();
  expect(await field('Header 1').inputValue()).toBe('a: trial');
  await written('Value', 'none');
  await form.getByText('The consumer writes a dead letter: no value.').waitFor();
  await form.getByRole('button', { name: 'Send' }).click();
  await form.getByText('Sent:').waitFor();
  expect((await lines('of-mine'))[2]).toMatch(/ of-mine why=a: trial -1 $/);
});

for (const [name, options] of [
  ['on a desk', { viewport: { width: 1280, height: 600 } }],
  ['on a phone, in the dark', { viewport: { width: 390, height: 700 }, isMobile: true, colorScheme: 'dark' }],
] as const) {
  test(`by keyboard, ${name}: what has the focus is in sight, with a ring, beside an open detail too`, async () => {
    const { place, browser } = app;
    const other = await browser.other(options);
    try {
      for (const path of ['/generator', `/messages?topic=${place.topic}`, '/dead-letters', '/orders', '/readers']) {
        const page = await other.open(place.url + path);
        await page.locator('.card, .orders__uid a').first().waitFor();
        expect([path, await badFocusIn(page, 40)]).toEqual([path, []]);
        if (!path.startsWith('/messages')) continue;
        const positions = page.getByRole('button', { name: /^\d+:\d+$/ });
        await positions.nth(5).click();
        await page.getByRole('region', { name: 'Value' }).waitFor();
        expect(['detail', await badFocusIn(page, 40)]).toEqual(['detail', []]);
      }
    } finally {
      await other.close();
    }
  });
}

test('what is read takes its place beforehand, and an empty list says what to do', async () => {
  const page = await app.browser.open(`${app.place.url}/generator`);
  const held = Promise.withResolvers<void>();
  await page.route(/\/api\/v1\/dead-letters\?/, async (route) => {
    await held.promise;
    await route.fulfill({ json: { letters: [], next_cursor: null } });
  });
  await menu(page, 'Dead letters').click();
  await heading(page, 'Dead letters').waitFor();
  await page.locator('.skeleton[aria-busy=true]').first().waitFor();
  expect(await seriousIn(page)).toEqual([]);
  held.resolve();
  await page.getByText('There are no dead letters here.').waitFor();
  await page.getByRole('link', { name: 'Send a faulty order' }).click();
  await heading(page, 'Generator').waitFor();
});
