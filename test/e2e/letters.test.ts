import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import sample from '../fixtures/order.json';
import type { AppPlace } from '../helpers/app-place.ts';
import { seriousIn } from '../helpers/axe.ts';
import { TestBrowser } from '../helpers/browser.ts';
import { closeConsole, openConsole, SHOTS } from '../helpers/console-app.ts';
import { kcat } from '../helpers/kcat.ts';
import { until } from '../helpers/until.ts';

let place: AppPlace;
let browser: TestBrowser;

beforeAll(async () => {
  ({ place, browser } = await openConsole({ TEST_SERVICE_PRODUCER_RATE: '1' }));
});

afterEach(() => browser.endTest());

afterAll(() => closeConsole({ place, browser }));

const orderOf = (uid: string) => ({ ...sample, order_uid: uid });
const brokenOf = (uid: string) => ({ ...orderOf(uid), payment: { ...sample.payment, amount: 1 } });

/** Sends a value and waits for its letter. */
async function rejected(key: string, value: string | Uint8Array): Promise<string> {
  await kcat(place.engines.broker, ['-P', '-t', place.topic, '-k', key], value);
  let position: string | undefined;
  await until(async () => {
    const answer = await fetch(`${place.url}/api/v1/dead-letters?key=${key}`);
    const { letters }: { letters: { position: string }[] } = await answer.json();
    position = letters[0]?.position;
    return position !== undefined;
  });
  return position ?? '';
}

const open = (position: string) => browser.open(`${place.url}/dead-letters?letter=${position}`);
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

test('a dead letter is looked into, fixed in place and redriven, and the order is stored', async () => {
  await rejected('mended', JSON.stringify(brokenOf('mended')));
  const page = await browser.open(`${place.url}/dead-letters?key=mended`);
  await page.getByRole('button', { name: /^\d+:\d+$/ }).click();
  expect(await page.locator('.json mark').textContent()).toBe('"amount": 1');
  const source = page.locator('.facts').getByRole('link', { name: place.topic });
  expect(await source.getAttribute('href')).toBe(`/topics/${place.topic}`);
  expect(new URL(page.url()).searchParams.get('letter')).toMatch(/^\d+:\d+$/);
  await button(page, 'Fix and send back').click();
  const field = page.getByRole('textbox', { name: 'Message to fix' });
  await page.getByText('Not accepted: 1 error.').waitFor();
  expect(await page.locator('.editor mark').textContent()).toBe('"amount": 1');
  await page.getByRole('button', { name: /^Line \d+, column \d+$/ }).click();
  const selected = await field.evaluate((area: HTMLTextAreaElement) =>
    area.value.slice(area.selectionStart, area.selectionEnd),
  );
  expect(selected).toBe('"amount": 1');
  await page.screenshot({ path: `${SHOTS}letter-fix-light.png`, fullPage: true });
  expect(await seriousIn(page)).toEqual([]);
  await page.keyboard.type(`"amount": ${sample.payment.amount}`);
  await page.getByText('This would be accepted as order mended.').waitFor();
  await button(page, 'See what would happen').first().click();
  await page.getByText('The consumer would accept it as order mended.').waitFor();
  await button(page, 'Fix and send back').click();
  await page.getByText('Stored as order').waitFor();
  await page.screenshot({ path: `${SHOTS}letter-stored-light.png`, fullPage: true });
  await page.locator('.followed').getByRole('link', { name: 'mended' }).click();
  await page.getByRole('heading', { level: 1, name: 'Order mended' }).waitFor();
});

test('what is still bad is asked about, and comes back with one replay more', async () => {
  const page = await open(await rejected('half', '{"half": '));
  await button(page, 'Fix and send back').click();
  const field = page.getByRole('textbox', { name: 'Message to fix' });
  expect(await field.inputValue()).toBe('{"half": ');
  await page.getByText('This is not JSON.').waitFor();
  await field.fill('{"half": 1}');
  await page.getByText('/half is not a known member').waitFor();
  await button(page, 'Fix and send back').click();
  const dialog = page.getByRole('dialog', { name: 'Send it even though it is not accepted?' });
  await button(dialog.page(), 'Cancel').waitFor();
  await dialog.getByRole('button', { name: 'Fix and send back' }).click();
  await page.getByText('It came back after being sent back 1 time:').waitFor();
  await page.getByRole('button', { name: /^Open letter/ }).click();
  await page.getByText('"half": 1').waitFor();
});

test('bytes that are no text are explained, and can be replaced', async () => {
  const page = await open(await rejected('bytes', Uint8Array.of(0xff, 0x41)));
  await button(page, 'Fix and send back').click();
  await page.getByText('These bytes are not UTF-8').waitFor();
  await button(page, 'Start with the readable part').click();
  const field = page.getByRole('textbox', { name: 'Message to fix' });
  expect(await field.inputValue()).toBe('\uFFFDA');
  await field.fill(JSON.stringify(orderOf('replaced')));
  await page.getByText('This would be accepted as order replaced.').waitFor();
  await button(page, 'Fix and send back').click();
  await page.getByText('Stored as order').waitFor();
  expect((await place.get('replaced')).status).toBe(200);
});

test('reasons over time: choosing one and choosing a range is the page’s filter', async () => {
  await rejected('one', JSON.stringify(brokenOf('one')));
  await rejected('two', 'no JSON');
  const page = await browser.open(`${place.url}/dead-letters`);
  const reason = page.getByRole('button', { name: /^sums don’t add up \d+$/ });
  await reason.waitFor();
  const before = Number((await reason.textContent())?.split(' ').at(-1));
  await rejected('three', JSON.stringify(brokenOf('three')));
  // It comes by itself.
  await button(page, `sums don’t add up ${before + 1}`).waitFor();
  await page.screenshot({ path: `${SHOTS}letters-reasons-light.png` });
  const query = () => new URL(page.url()).searchParams;
  await reason.click();
  expect([query().get('reason'), await reason.getAttribute('aria-pressed')]).toEqual(['sums_mismatch', 'true']);
  await reason.click();
  expect(query().get('reason')).toBeNull();

  const plot = await page.locator('.reasons .u-over').boundingBox();
  if (plot === null) throw new Error('there is no plot');
  await page.mouse.move(plot.x + plot.width * 0.7, plot.y + 20);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width - 2, plot.y + 20, { steps: 4 });
  await page.mouse.up();
  await until(async () => query().get('until') !== null);
  const range = Date.parse(query().get('until') ?? '') - Date.parse(query().get('since') ?? '');
  expect(range / 60_000).toBeGreaterThan(15);
  expect(range / 60_000).toBeLessThan(22);
  const age = page.getByRole('combobox', { name: 'Rejected within' });
  expect(await age.evaluate((field: HTMLSelectElement) => field.selectedOptions[0]?.text)).toBe('the chosen period');
  await age.selectOption('an hour');
  expect([query().get('since'), query().get('until')]).toEqual(['1h', null]);

  // The same by keyboard.
  await page.getByText('As a table').click();
  await page.getByRole('region', { name: 'As a table' }).getByRole('button').last().press('Enter');
  await until(async () => query().get('until') !== null);
  expect(await seriousIn(page)).toEqual([]);
});

test('in Russian, dark, on a phone: the same, accessible and without scrolling sideways', async () => {
  const position = await rejected('russian', JSON.stringify(brokenOf('russian')));
  const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
  const other = await TestBrowser.start({ ...phone, colorScheme: 'dark', locale: 'ru-RU' });
  try {
    const page = await other.open(`${place.url}/dead-letters?letter=${position}&fix=on`);
    await page.getByText('Не будет принято: 1 ошибка.').waitFor();
    await page.getByRole('button', { name: /^Строка \d+, столбец \d+$/ }).waitFor();
    expect(await seriousIn(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    await page.screenshot({ path: `${SHOTS}letter-fix-phone.png`, fullPage: true });
    await page.getByRole('textbox', { name: 'Сообщение для правки' }).fill(JSON.stringify(orderOf('russian')));
    await page.getByText('Будет принято как заказ russian.').waitFor();
    await button(page, 'Исправить и вернуть').click();
    await page.getByText('Сохранено как заказ').waitFor();
    expect(other.complaints).toEqual([]);
  } finally {
    await other.close();
  }
});

test('dead letters are sent back together, after a preview and a question, and the progress is seen', async () => {
  await rejected('together', JSON.stringify(brokenOf('together')));
  const page = await browser.open(`${place.url}/dead-letters?key=together`);
  await button(page, 'See what would happen').click();
  await page.getByText('What would happen', { exact: true }).waitFor();
  await page.getByText('It would come back: sums don’t add up: 1').waitFor();
  await button(page, 'Send them back').click();
  const dialog = page.getByRole('dialog', { name: 'Send 1 dead letter back?' });
  await dialog.getByRole('button', { name: 'Send them back' }).click();
  await page.getByText('What happened', { exact: true }).waitFor();
  await page.getByText('Sent back: 1').waitFor();
  expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('100');
  await page.getByText('sent back', { exact: true }).first().waitFor();
});

test('selected letters are mended by one patch, whose preview shows what it changes and what is still wrong', async () => {
  const uids = ['batch-1', 'batch-2', 'batch-3', 'batch-4'];
  for (const uid of uids) {
    const value = JSON.stringify({ ...brokenOf(uid), ...(uid === 'batch-2' && { coupon: 1 }) });
    await kcat(place.engines.broker, ['-P', '-t', place.topic, '-k', 'batch'], value);
  }
  await until(async () => {
    const answer = await fetch(`${place.url}/api/v1/dead-letters/counts?key=batch`);
    return (await answer.json()).total === uids.length;
  });
  const page = await browser.open(`${place.url}/dead-letters?key=batch`);
  await page.getByText('actions are for all 4 dead letters').waitFor();
  await page.getByRole('link', { name: 'batch-3', exact: true }).waitFor();
  const boxes = page.getByRole('checkbox', { name: /^Select \d/ });
  await boxes.nth(1).click();
  await boxes.nth(3).click({ modifiers: ['Shift'] });
  await page.getByText('3 selected').waitFor();
  await button(page, 'Change by a JSON Patch…').click();
  const field = page.getByRole('textbox', { name: 'JSON Patch (RFC 6902)' });
  expect(await field.inputValue()).toContain('"path":"/');
  await field.fill('[{"op":');
  await page.getByText('Write a list of operations').waitFor();
  expect(await button(page, 'See what would happen').isDisabled()).toBe(true);
  const path = '/payment/amount';
  const mend = { op: 'replace', path, value: sample.payment.amount };
  await field.fill(JSON.stringify([{ op: 'test', path, value: 1 }, mend]));
  await button(page, 'See what would happen').click();
  const samples = page.getByRole('list', { name: 'The first letters and what the patch does' });
  await samples.getByText(`${path} 1 → ${sample.payment.amount}`).first().waitFor();
  await page.getByText('Would be sent back: 3').waitFor();
  await samples.getByText('It would come back: unknown field').waitFor();
  await page.getByText('It would come back: unknown field: 1').waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}letters-patch-light.png`, fullPage: true });
  await button(page, 'Change and send back').click();
  const dialog = page.getByRole('dialog', { name: 'Send 3 dead letters back?' });
  await dialog.getByRole('button', { name: 'Change and send back' }).click();
  await page.getByText('Sent back: 3').waitFor();
  await page.getByText(/^Select all \d+ shown$/).waitFor();
  // The newest one, which was not selected, stays as it is.
  for (const uid of ['batch-1', 'batch-3']) await until(async () => (await place.get(uid)).status === 200);
  expect([(await place.get('batch-2')).status, (await place.get('batch-4')).status]).toEqual([404, 404]);
});

test('the letters of the filter are saved as a file', async () => {
  await rejected('saved', JSON.stringify(brokenOf('saved')));
  const page = await browser.open(`${place.url}/dead-letters?key=saved`);
  for (const [name, file, lines] of [
    ['Export NDJSON', 'dead-letters.ndjson', 1],
    ['Export CSV', 'dead-letters.csv', 2],
  ] as const) {
    const saved = page.waitForEvent('download');
    await page.getByRole('link', { name, exact: true }).click();
    const download = await saved;
    const text = await Bun.file(await download.path()).text();
    expect([download.suggestedFilename(), text.trim().split('\n').length]).toEqual([file, lines]);
    expect(text).toContain('saved');
  }
});
