import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { seriousIn } from '../helpers/axe.ts';
import { TestBrowser } from '../helpers/browser.ts';
import { closeConsole, SHOTS } from '../helpers/console-app.ts';
import { OwnEnginesApp } from '../helpers/own-engines-app.ts';
import { until } from '../helpers/until.ts';

let service: OwnEnginesApp;
let browser: TestBrowser;

setDefaultTimeout(300_000);

beforeAll(async () => {
  [service, browser] = await Promise.all([OwnEnginesApp.start(40), TestBrowser.start()]);
  await service.flows();
});

afterEach(() => browser.endTest());

afterAll(() => closeConsole({ place: service?.place, browser }));

const card = (page: Page, title: string) =>
  page.locator('.card').filter({ has: page.getByRole('heading', { name: title }) });

/** The last value of a line, by its name. */
const figure = async (page: Page, label: string) => {
  const text = await page.locator('.chart__legend li').filter({ hasText: label }).locator('b').textContent();
  return Number.parseFloat((text ?? '').replaceAll(',', ''));
};

const confirm = async (page: Page, button: string, question: string, answer: string) => {
  await page.getByRole('button', { name: button }).click();
  await page.getByRole('dialog', { name: question }).getByRole('button', { name: answer }).click();
};

/** Points at a chart from right to left, until it names such an event; the other charts show the same time. */
const pointAt = async (page: Page, event: string) => {
  const plot = page.locator('.chart .u-over').first();
  await plot.scrollIntoViewIfNeeded();
  await until(async () => {
    const box = await plot.boundingBox();
    for (let left = (box?.width ?? 0) - 1; box !== null && left > 0; left -= 3) {
      await page.mouse.move(box.x + left, box.y + box.height / 2);
      if (await page.locator('.chart__event').getByText(event).first().isVisible()) return true;
    }
    return false;
  });
  const times = await page.locator('.chart__when').allTextContents();
  expect([times.length, new Set(times).size]).toEqual([3, 1]);
  await page.mouse.move(0, 0);
};

test('PostgreSQL is stopped, the pipe falls behind, it is started, and the pipe catches up', async () => {
  const page = await browser.open(`${service.place.url}/chaos`);
  const postgresql = card(page, 'PostgreSQL');
  await postgresql.getByText('running', { exact: true }).waitFor();
  await until(async () => (await figure(page, 'Stored')) > 0);
  const colour = (name: string) =>
    page.getByRole('button', { name, exact: true }).evaluate((one) => getComputedStyle(one).color);
  const [kill, stop, pause] = await Promise.all(['Kill', 'Stop', 'Pause'].map((what) => colour(`${what} PostgreSQL`)));
  expect([stop === pause, stop === kill]).toEqual([true, false]);
  await page.getByRole('button', { name: 'Kill PostgreSQL' }).click();
  const dialog = page.getByRole('dialog', { name: 'Kill PostgreSQL?' });
  await dialog.getByText('What is committed and what waits in Kafka. Nothing is stored twice.').waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}chaos-kill.png` });
  await page.keyboard.press('Escape');
  await confirm(page, 'Stop PostgreSQL', 'Stop PostgreSQL?', 'Stop');
  await page.getByText('PostgreSQL is stopped').waitFor();
  await postgresql.getByText('stopped', { exact: true }).waitFor();
  await page.locator('.engine--down').filter({ hasText: 'PostgreSQL' }).waitFor();
  await until(async () => (await figure(page, 'Messages behind')) > 60, 20_000);
  expect([await figure(page, 'Stored'), await seriousIn(page)]).toEqual([0, []]);
  await page.getByText(/storing has stood still for/).waitFor();
  await pointAt(page, 'PostgreSQL is being stopped');
  await page.screenshot({ path: `${SHOTS}chaos-stopped.png`, fullPage: true });

  await page.getByRole('button', { name: 'Start PostgreSQL' }).click();
  await page.getByText('PostgreSQL is started').waitFor();
  await postgresql.getByText('running', { exact: true }).waitFor();
  await until(async () => (await figure(page, 'Messages behind')) < 40, 40_000);
  await until(async () => (await figure(page, 'Stored')) > 0);
  await page.getByText(/PostgreSQL is being stopped:/).waitFor();
  await page.getByText(/storing again, .* after it was back/).waitFor();
  await page.screenshot({ path: `${SHOTS}chaos-recovered.png`, fullPage: true });
  const log = await card(page, 'What you did').getByRole('listitem').allTextContents();
  expect(log).toEqual([
    expect.stringMatching(/Start PostgreSQL: done in/),
    expect.stringMatching(/Stop PostgreSQL: done in/),
  ]);
});

test('whatever runs is killed at random, and the log keeps it while other pages are looked at', async () => {
  const page = await browser.open(`${service.place.url}/chaos`);
  await card(page, 'Redis').getByText('running', { exact: true }).waitFor();
  // The last of those that run.
  await page.evaluate(() => {
    Math.random = () => 0.999;
  });
  await confirm(page, 'Kill a random engine', 'Kill a random engine?', 'Kill a random engine');
  await page.getByText('Redis is killed').waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.locator('.pipe__node--down').filter({ hasText: 'Redis' }).waitFor();
  await page.getByRole('link', { name: 'Chaos' }).click();
  await page.getByText(/Kill Redis: done in/).waitFor();
  await page.getByRole('button', { name: 'Start Redis' }).click();
  await card(page, 'Redis').getByText('running', { exact: true }).waitFor();
});

test('in Russian: a pause of so many seconds as the address says, ended before its time', async () => {
  const other = await TestBrowser.start({ locale: 'ru-RU' });
  try {
    const page = await other.open(`${service.place.url}/chaos?pause=45`);
    const redis = card(page, 'Redis');
    await redis.getByText('работает', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Пауза Redis' }).click();
    const dialog = page.getByRole('dialog', { name: 'Поставить Redis на паузу?' });
    await dialog.getByText(/замрут на 45 с/).waitFor();
    await dialog.getByRole('button', { name: 'Пауза' }).click();
    await redis.getByText('на паузе', { exact: true }).waitFor();
    await redis.getByText('Продолжит через').waitFor();
    expect(await seriousIn(page)).toEqual([]);
    await page.getByRole('button', { name: 'Продолжить Redis' }).click();
    await redis.getByText('работает', { exact: true }).waitFor();
    await page.getByText(/Продолжить Redis: готово за/).waitFor();
    await page.getByLabel('Длительность паузы').fill('7');
    await until(() => new URL(page.url()).searchParams.get('pause') === '7');
    expect(other.complaints).toEqual([]);
  } finally {
    await other.close();
  }
});

test('the tour: orders flow, Kafka is killed and comes back, and it is proven that nothing was lost', async () => {
  const page = await browser.open(service.place.url);
  const tour = page.getByRole('region', { name: 'New here? Take two minutes' });
  const now = tour.locator('[aria-current="step"]');
  await tour.getByRole('button', { name: 'Begin' }).click();
  await now.filter({ hasText: 'Watch orders flow' }).waitFor();
  await now.filter({ hasText: 'Kill Kafka' }).waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}overview-tour.png` });
  await confirm(page, 'Kill Kafka', 'Kill Kafka?', 'Kill');
  await now.filter({ hasText: 'Watch it recover' }).waitFor();
  await page.getByText('Kafka does not answer.', { exact: true }).waitFor();

  // What happens meanwhile counts, too.
  await tour.getByRole('button', { name: 'Leave the tour' }).click();
  await page.getByRole('link', { name: 'Chaos' }).click();
  await page.getByRole('button', { name: 'Start Kafka' }).click();
  await card(page, 'Kafka').getByText('running', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('button', { name: 'Guided tour' }).click();
  await now.filter({ hasText: 'Prove that nothing was lost' }).waitFor();
  await tour.getByRole('button', { name: 'Prove it' }).click();
  await tour.getByRole('heading', { name: 'Proven: nothing was lost' }).waitFor();
  expect(await tour.getByRole('img', { name: 'Done' }).count()).toBe(4);
  expect(await seriousIn(page)).toEqual([]);
  await tour.getByRole('button', { name: 'Close' }).click();
  await page.reload();
  await page.getByRole('button', { name: 'Guided tour' }).waitFor();
});
