import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
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

setDefaultTimeout(60_000);

beforeAll(async () => {
  ({ place, browser } = await openConsole({ TEST_SERVICE_PRODUCER_ENABLED: 'false' }));
  const produced = await runApp(['produce', '--count', '400', '--seed', '3', '--faults', FAULTS], {
    env: place.env,
  });
  expect(produced.code).toBe(0);
});

afterEach(() => browser.endTest());

afterAll(() => closeConsole({ place, browser }));

test('the proof: everything is accounted for, until an order goes missing', async () => {
  const page = await browser.open(`${place.url}/proof`);
  await page.getByText('Nothing has been verified').waitFor();
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.getByText('Everything is accounted for').waitFor();
  expect(new URL(page.url()).searchParams.get('run')).toBe('1');
  const term = (name: string) => page.locator(`.equation__term--${name} b`).textContent().then(Number);
  const parts = ['stored', 'superseded', 'identical', 'dead_lettered'];
  const numbers = await Promise.all(parts.map(term));
  expect(numbers.every((number) => number > 0)).toBe(true);
  expect(numbers.reduce((sum, number) => sum + number)).toBe(await term('produced'));
  await page.getByRole('link', { name: 'sums_mismatch' }).waitFor();
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
  await page.getByText('Waiting until the consumers have stored 400 more messages').waitFor();
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
