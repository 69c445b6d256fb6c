import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { familyOf, identify, isRunning, type ProcessIdentity } from '../../src/engines/processes.ts';
import type { VerificationJson } from '../../src/server/api/verifications/schemas.ts';
import type { AppPlace } from '../helpers/app-place.ts';
import { runApp, startApp } from '../helpers/app-process.ts';
import { seriousIn } from '../helpers/axe.ts';
import type { TestBrowser } from '../helpers/browser.ts';
import { closeConsole, openConsole, SHOTS } from '../helpers/console-app.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { freePort } from '../helpers/free-port.ts';
import { until } from '../helpers/until.ts';

const FAULTS = 'malformed=2%,sums_mismatch=2%,duplicate=3%,changed=3%';

let place: AppPlace;
let browser: TestBrowser;

beforeAll(async () => {
  ({ place, browser } = await openConsole({ TEST_SERVICE_PRODUCER_ENABLED: 'false' }));
  const produced = await runApp(['produce', '--count', '400', '--seed', '3', '--faults', FAULTS], {
    env: place.env,
  });
  expect(produced.code).toBe(0);
});

afterEach(() => browser.endTest());

afterAll(() => closeConsole({ place, browser }));

test('what the console injected is proven one by one, on the page and by the command, and the report is taken along', async () => {
  const post = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${place.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(response.status).toBe(200);
  };
  const page = await browser.open(`${place.url}/proof`);
  await page.getByText('Nothing has been verified').waitFor();
  await page.getByText('The generator has injected no faults since this process started.').waitFor();
  const faults = { malformed: 10, duplicate: 10, out_of_order: 5 };
  await post('/generator/start', { seed: 5, count: 200, rate: 1000, faults, life: false });
  await post('/generator/send-one', { fault: 'tombstone' });
  const generator = async () => (await fetch(`${place.url}/api/v1/generator`)).json();
  await until(async () => (await generator()).state === 'stopped');
  const { injected } = await generator();
  expect(injected).toBeGreaterThan(25);
  const check = page.getByRole('checkbox', { name: `Also check ${injected} injected faults, one by one` });
  await until(() => check.isChecked());
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.getByText(`${injected} of ${injected} faults are as injected.`).waitFor();
  await page.getByText('Everything is accounted for').waitFor();
  await page.getByText(/offsets, a message at each/).click();
  await page.getByText('An offset is a place in the log, not a number of messages.').waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}proof-injected.png`, fullPage: true });

  const saved = async (button: string): Promise<string> => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button }).click(),
    ]);
    return await file.path();
  };
  const text = readFileSync(await saved('Report as text'), 'utf8');
  expect(text).toContain(`manifest: ${injected} of ${injected} lines are as injected`);
  expect(text).toMatch(/OK: produced \d+ = /);
  expect(JSON.parse(readFileSync(await saved('Report as JSON'), 'utf8'))).toMatchObject({ ok: true });
  const manifest = await saved('Download the manifest');
  const verified = await runApp(['verify', '--manifest', manifest], { env: place.env });
  expect(verified.stdout).toContain(`manifest: ${injected} of ${injected} lines are as injected`);
  expect(verified.code).toBe(0);
  const wrong = readFileSync(manifest, 'utf8').replace('"expectedReason":"tombstone"', '"expectedReason":"not_json"');
  const refuted = await runApp(['verify', '--manifest', '-'], { env: place.env, input: wrong });
  expect(refuted.stdout).toContain('tombstone was injected: expected not_json, found tombstone');
  expect(refuted.code).toBe(1);
  await page.close();
});

test('the proof: everything is accounted for, until an order goes missing', async () => {
  const page = await browser.open(`${place.url}/proof`);
  await page.getByRole('checkbox').uncheck();
  await page.getByRole('button', { name: 'Verify again' }).click();
  await until(() => new URL(page.url()).searchParams.get('run') === '2');
  await page.getByRole('heading', { name: 'Where every message is' }).waitFor();
  await page.getByText('Everything is accounted for').first().waitFor();
  const term = (name: string) => page.locator(`.equation__term--${name} b`).textContent().then(Number);
  const parts = ['stored', 'superseded', 'identical', 'dead_lettered'];
  const numbers = await Promise.all(parts.map(term));
  expect(numbers.every((number) => number > 0)).toBe(true);
  expect(numbers.reduce((sum, number) => sum + number)).toBe(await term('produced'));
  await page.getByRole('link', { name: 'sums don’t add up' }).waitFor();
  const leads = async (name: string) => page.getByRole('link', { name, exact: true }).getAttribute('href');
  expect(await leads(place.deadLetterTopic)).toBe(`/topics/${place.deadLetterTopic}`);
  expect(await leads(place.group)).toBe(`/groups/${place.group}`);
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}proof-good.png`, fullPage: true });

  const [gone] = await place.query('select order_uid from orders order by order_uid limit 1');
  const uid = String(gone?.['order_uid']);
  await place.query(`delete from order_items where order_uid = '${uid}'`);
  await place.query(`delete from orders where order_uid = '${uid}'`);
  await page.getByRole('button', { name: 'Verify again' }).click();
  await page.getByText('1 error found').first().waitFor();
  expect(await term('lost')).toBe(1);
  const finding = page.getByRole('row').filter({ hasText: uid });
  await finding.getByRole('link').first().click();
  await page.getByText(uid).first().waitFor();
  expect(new URL(page.url()).pathname).toBe('/messages');

  for (const [view, options] of [
    ['dark', { colorScheme: 'dark', locale: 'ru-RU' }],
    ['phone', { viewport: { width: 360, height: 740 }, isMobile: true, locale: 'ru-RU' }],
  ] as const) {
    const other = await browser.other(options);
    const russian = await other.open(`${place.url}/proof`);
    await russian.getByText('Найдено: 1 ошибка').first().waitFor();
    expect([view, await seriousIn(russian)]).toEqual([view, []]);
    const sideways = await russian.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect([view, sideways]).toEqual([view, 0]);
    await russian.screenshot({ path: `${SHOTS}proof-bad-${view}.png`, fullPage: true });
    expect(other.complaints).toEqual([]);
    await other.close();
  }
});

test('its process is cancelled, fails alone, and does not outlive the server', async () => {
  const port = await freePort();
  // A group that stores nothing: a verification that waits for it waits as long as it may.
  const env = {
    ...place.env,
    TEST_SERVICE_KAFKA_GROUP: `${place.group}-idle`,
    TEST_SERVICE_SERVER_PORT: String(port),
  };
  const server = startApp(['serve', '--json'], { env });
  await server.untilUp();
  const api = `http://127.0.0.1:${port}/api/v1/verifications`;
  const post = (path: string, body: unknown) =>
    fetch(api + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const find = async (id: number): Promise<VerificationJson> => (await fetch(`${api}/${id}`)).json();
  const start = async (id: number): Promise<ProcessIdentity> => {
    const response = await post('', { wait_s: 600 });
    expect([response.status, response.headers.get('location')]).toEqual([202, `/api/v1/verifications/${id}`]);
    await until(async () => ((await find(id)).progress.waiting_for ?? 0) > 0, 30_000);
    const [, child, ...more] = familyOf(identityOf(server.pid));
    if (child === undefined || more.length > 0) throw new Error('the server has not one child');
    return child;
  };
  const first = await start(1);
  expect((await post('', {})).status).toBe(409);
  const page = await browser.open(`http://127.0.0.1:${port}/proof?run=1`);
  await page.getByText(/^Waiting until the consumers have stored [\d,]+ more messages/).waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Cancelled: nothing is proven.').waitFor();
  expect(await find(1)).toMatchObject({ state: 'cancelled', report: null, error: null });
  expect(isRunning(first)).toBe(false);
  // Its second cancelling changes nothing.
  expect(await (await post('/1/cancel', {})).json()).toEqual(await find(1));
  await page.close();

  const second = await start(2);
  process.kill(second.pid, 'SIGKILL');
  await until(async () => (await find(2)).state === 'failed');
  expect((await find(2)).error).toContain('SIGKILL');

  const third = await start(3);
  server.kill('SIGKILL');
  await until(() => !isRunning(third), 10_000);
});

test('without Kafka it fails, says so, and the page says what to do', async () => {
  const port = await freePort();
  const kafka = await FaultProxy.start('127.0.0.1', Number(place.engines.broker.split(':').at(-1)));
  const broker = `127.0.0.1:${kafka.port}`;
  const env = {
    ...place.env,
    TEST_SERVICE_SERVER_PORT: String(port),
    TEST_SERVICE_KAFKA_BROKERS: broker,
  };
  const server = startApp(['serve', '--json'], { env });
  await server.untilUp();
  await kafka.setMode('refuse');
  const page = await browser.open(`http://127.0.0.1:${port}/proof`);
  await page.getByRole('button', { name: 'Verify now' }).click();
  const alert = page.getByRole('alert').filter({ hasText: 'The verification could not be finished' });
  await alert.getByText('Make sure the engines are up').waitFor();
  expect(await alert.textContent()).toContain(broker);
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}proof-failed.png`, fullPage: true });
  await kafka.close();
});

function identityOf(pid: number): ProcessIdentity {
  const found = identify(pid);
  if (found === undefined) throw new Error(`${pid} does not run`);
  return found;
}
