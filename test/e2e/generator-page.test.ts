import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { seriousIn } from '../helpers/axe.ts';
import { type ConsoleApp, closeConsole, openConsole, SHOTS } from '../helpers/console-app.ts';
import { until } from '../helpers/until.ts';

let app: ConsoleApp;

beforeAll(async () => {
  app = await openConsole({ TEST_SERVICE_PRODUCER_RATE: '5' });
});

afterEach(() => app.browser.endTest());

afterAll(() => closeConsole(app));

const generator = async () => (await fetch(`${app.place.url}/api/v1/generator`)).json();
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });
const apply = (page: Page) => page.getByRole('button', { name: 'Apply' });
const CHANGED = 'The load has changed';

test('a field refuses what it can’t mean, and nothing is sent', async () => {
  const page = await app.browser.open(`${app.place.url}/generator`);
  const before = await generator();
  await field(page, 'Stop after').fill('ten');
  await page.getByText('Write a number, such as 1500 or 0.5.').waitFor();
  await field(page, 'Orders per second').fill('0');
  await page.getByText('From 0.1 to 1,000,000.').waitFor();
  await page.getByText('Faults: 0% of the orders').click();
  await field(page, 'nul').fill('101');
  await page.getByText('From 0 to 100.').waitFor();
  await apply(page).click();
  expect(await field(page, 'Orders per second').evaluate((one) => document.activeElement === one)).toBe(true);
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}generator-refused.png`, fullPage: true });
  const { rate, count, faults } = await generator();
  expect({ rate, count, faults }).toEqual({ rate: before.rate, count: before.count, faults: before.faults });
  expect(await page.getByText(CHANGED).count()).toBe(0);
});

test('numbers are taken as people write them; faults have a sum, which may be 100 % at most', async () => {
  const page = await app.browser.open(`${app.place.url}/generator`);
  await field(page, 'Orders per second').fill('7,5');
  await field(page, 'Stop after').fill('1 000 000');
  await page.getByText('Faults: 0% of the orders').click();
  await field(page, 'malformed').fill('1,5');
  await field(page, 'duplicate').fill('99');
  await page.getByText('Together they can’t be more than 100%.').first().waitFor();
  await field(page, 'duplicate').fill('2');
  await page.getByText('Faults: 3.5% of the orders').waitFor();
  await apply(page).click();
  await page.getByText(CHANGED).waitFor();
  expect(await generator()).toMatchObject({ rate: 7.5, count: 1_000_000, faults: { malformed: 1.5, duplicate: 2 } });
});

test('a load is chosen, kept under a name, linked to, and survives other pages and a reload until it is applied', async () => {
  const page = await app.browser.open(`${app.place.url}/generator`);
  await page.getByRole('combobox', { name: 'Begin with' }).selectOption('Poison pills');
  await page.getByText('Faults: 6.1% of the orders').waitFor();
  await field(page, 'Orders per second').fill('3');
  await page.getByText('Not applied yet.', { exact: true }).waitFor();
  await until(() => new URL(page.url()).searchParams.get('rate') === '3');
  await page.reload();
  await page.getByText('Faults: 6.1% of the orders').waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Orders' }).click();
  await page.getByRole('navigation').getByRole('link', { name: 'Generator' }).click();
  await page.getByText('Faults: 6.1% of the orders').waitFor();
  expect(await field(page, 'Orders per second').inputValue()).toBe('3');

  await page.getByRole('button', { name: 'Save as…' }).click();
  await page.getByLabel('Name').fill('my pills');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.getByText('Faults: 3.5% of the orders').waitFor();
  await page.reload();
  await page.getByRole('combobox', { name: 'Begin with' }).selectOption('my pills');
  await page.getByText('Faults: 6.1% of the orders').waitFor();

  const other = await app.browser.open(`${app.place.url}/generator?rate=4&faults=nul:2`);
  await other.getByText('Faults: 2% of the orders').waitFor();
  await apply(other).click();
  await other.getByText(CHANGED).waitFor();
  await until(() => new URL(other.url()).search === '');
  expect(await generator()).toMatchObject({ rate: 4, faults: { nul: 2 } });
});

test('what comes next is fresh, and has the faults that are typed; an order of one’s own survives other pages', async () => {
  const page = await app.browser.open(`${app.place.url}/generator?faults=tombstone:100`);
  await page.getByText('With the faults typed above, which are not applied yet.').waitFor();
  const rows = page.getByRole('region', { name: 'Next messages' }).getByRole('row');
  await rows.filter({ hasText: 'tombstone' }).first().waitFor();
  const first = await rows.nth(1).textContent();
  await until(async () => (await rows.nth(1).textContent()) !== first);
  expect((await generator()).faults).not.toEqual({ tombstone: 100 });

  const own = page.getByRole('textbox', { name: 'Order as JSON' });
  await own.fill('{"order_uid": "half-written"}');
  await page.getByRole('navigation').getByRole('link', { name: 'Messages' }).click();
  await page.getByRole('heading', { level: 1, name: 'Messages' }).waitFor();
  await page.goBack();
  await page.reload();
  expect(await own.inputValue()).toBe('{"order_uid": "half-written"}');
  await page.getByText('is missing').first().waitFor();
  expect(await page.getByText('/payment', { exact: true }).count()).toBe(1);
  const send = page.getByRole('button', { name: 'Send and wait' });
  expect(await send.isDisabled()).toBe(true);
  // What is refused without being read is said in the same place, once.
  await own.fill(JSON.stringify({ order_uid: 'x'.repeat(600_000) }));
  const tooLong = page.getByText('server.maxBodyBytes');
  await tooLong.waitFor();
  expect([await tooLong.count(), await page.getByRole('alert').count(), await send.isDisabled()]).toEqual([1, 0, true]);
});

test('orders live when they are to: how fast is asked for, and their steps are shown and counted apart', async () => {
  const page = await app.browser.open(`${app.place.url}/generator`);
  await page.getByRole('combobox', { name: 'Orders', exact: true }).selectOption('live: every step is sent');
  await field(page, 'Times faster than real life').fill('100,000');
  await field(page, 'Orders per second').fill('20');
  await apply(page).click();
  await page.getByText(CHANGED).waitFor();
  await until(async () => {
    const { life, time_scale, counts } = await generator();
    return life && time_scale === 100_000 && counts.sent > counts.orders + 20;
  });
  await page.getByText('Orders in progress').waitFor();
  await page.reload();
  await page
    .getByRole('cell', { name: /^(paid|assembled|handed_over|delivered|placed)$/ })
    .first()
    .waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}generator-lives.png`, fullPage: true });
});

test('a load in stages is drawn, edited by keyboard, kept in the address, started, and shown where it is', async () => {
  const page = await app.browser.open(`${app.place.url}/generator`);
  const preset = page.getByRole('combobox', { name: 'Begin with' });
  await preset.selectOption('Black Friday in five minutes');
  await page.getByText(/about 316,200 orders, up to 2,000\/s/).waitFor();
  await preset.selectOption('Poison pills in waves');
  const of = (what: string, stage: number) => `${what}, stage ${stage}`;
  const SECONDS = 'Seconds';
  const RATE = 'Orders per second at its end';
  await field(page, of(RATE, 2)).fill('fast');
  await page.getByText('Write a number, such as 1500 or 0.5.').waitFor();
  await apply(page).click();
  expect(await field(page, of(RATE, 2)).evaluate((one) => document.activeElement === one)).toBe(true);
  expect(await page.getByText(CHANGED).count()).toBe(0);
  await field(page, of(RATE, 2)).fill('70');
  await field(page, of(SECONDS, 1)).fill('0,5');

  await page.getByRole('button', { name: of('Move down', 1), exact: true }).press('Enter');
  expect(await field(page, of(RATE, 1)).inputValue()).toBe('70');
  await page.keyboard.press('Enter');
  await until(async () => (await field(page, of(SECONDS, 3)).inputValue()) === '0,5');
  await page.getByRole('button', { name: of('Remove', 7), exact: true }).press('Enter');
  await page.getByRole('button', { name: of('Remove', 6), exact: true }).waitFor();
  expect(await page.getByRole('button', { name: of('Remove', 7), exact: true }).count()).toBe(0);
  await page.getByRole('button', { name: 'Add a stage' }).press('Enter');
  await page.keyboard.type('0');
  await until(async () => (await field(page, of(SECONDS, 7)).inputValue()).includes('0'));
  await field(page, of(SECONDS, 7)).fill('3600');
  expect(await seriousIn(page)).toEqual([]);
  await until(() => new URL(page.url()).searchParams.get('stages')?.startsWith('20:70:10;40:50:0;0,5:50:0;') === true);
  await page.reload();
  await until(async () => (await field(page, of(SECONDS, 3)).inputValue()) === '0,5');
  await apply(page).click();
  await page.getByText(CHANGED).waitFor();
  const { profile, profile_ms } = await generator();
  expect(profile.stages.slice(0, 3)).toEqual([
    { over_ms: 20_000, to_rate: 70, faults: 10 },
    { over_ms: 40_000, to_rate: 50, faults: 0 },
    { over_ms: 500, to_rate: 50, faults: 0 },
  ]);
  expect(profile_ms).toBeGreaterThanOrEqual(0);
  await page.getByText(/Now: stage \d of 7/).waitFor();
  await page.screenshot({ path: `${SHOTS}generator-stages.png`, fullPage: true });
});
