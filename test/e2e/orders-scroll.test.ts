import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { createApp } from '../../src/server/app.ts';
import { type RunningServer, startServer } from '../../src/server/http/server.ts';
import { buildWebClient } from '../../src/server/web/web.ts';
import { PostgresOrderListing } from '../../src/storage/postgresql/order-listing.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { TestBrowser } from '../helpers/browser.ts';
import { StoredOrders } from '../helpers/stored-orders.ts';
import { until } from '../helpers/until.ts';

/** `ORDERS=1000000` for a million, some minutes. */
const ORDERS = Number(process.env['ORDERS'] ?? 30_000);
const MB = 1_048_576;

let stored: StoredOrders;
let server: RunningServer;
let browser: TestBrowser;

setDefaultTimeout(60_000 + ORDERS);

beforeAll(async () => {
  stored = await StoredOrders.open();
  const stored_at = `timestamptz '2026-01-01' - n * interval '1 millisecond'`;
  for (let from = 0; from < ORDERS; from += 100_000)
    await stored.add('order-', from, Math.min(ORDERS, from + 100_000), { stored_at });
  await stored.sql.unsafe('vacuum analyze orders, order_items');
  const listing = new PostgresOrderListing(stored.database);
  const options = new FakeBackend().options({
    listing,
    web: await buildWebClient(),
    requestTimeoutMs: 5_000,
  });
  const limits = { host: '127.0.0.1', port: 0, maxBodyBytes: 100_000, requestTimeoutMs: 5_000 };
  server = startServer(createApp(options), limits, silentLogger);
  browser = await TestBrowser.start();
});

afterAll(async () => {
  await browser.close();
  await server.close(0);
  await stored.close();
});

test('very many orders are scrolled through to the end and back, in bounded memory', async () => {
  const page = await browser.open(`${server.url}/orders?live=off`);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const figure = async (name: string) => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find((one) => one.name === name)?.value ?? Number.NaN;
  };
  await page.getByRole('link', { name: 'order-0', exact: true }).waitFor();
  const heap = await figure('JSHeapUsedSize');
  const times: number[] = [];
  page.on('requestfinished', (request) => {
    const { responseEnd, requestStart } = request.timing();
    if (request.url().includes('cursor=')) times.push(responseEnd - requestStart);
  });

  const from = performance.now();
  await page.evaluate(async () => {
    // Down to the end of what is there in each frame, until there is no more.
    const table = document.querySelector('[role=table]');
    while (table?.getAttribute('aria-rowcount') === '-1') {
      scrollTo(0, document.documentElement.scrollHeight);
      await new Promise(requestAnimationFrame);
    }
  });
  const seconds = (performance.now() - from) / 1000;
  const lastLink = page.getByRole('link', { name: `order-${ORDERS - 1}`, exact: true });
  await until(async () => {
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    return (await lastLink.count()) === 1;
  });
  expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe(String(ORDERS + 1));
  expect(await page.locator('[role=row]').count()).toBeLessThan(80);
  const grown = ((await figure('JSHeapUsedSize')) - heap) / MB;
  times.sort((a, b) => a - b);
  if (process.env['ORDERS'] !== undefined)
    process.stderr.write(
      `${ORDERS} orders in ${seconds.toFixed(1)} s; a page took ${times[times.length >> 1]?.toFixed(1)} ms, ` +
        `p99 ${times[Math.floor(times.length * 0.99)]?.toFixed(1)} ms, most ${times.at(-1)?.toFixed(1)} ms; ` +
        `heap ${(heap / MB).toFixed(1)} MB, ${grown.toFixed(1)} MB more at the end\n`,
    );
  // The orders of some pages, and a few hundred bytes for each of the others.
  expect(grown).toBeLessThan(8 + ORDERS / 100_000);

  // In the middle are rows whose orders have been dropped.
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2));
  await page.locator('.orders__uid a').first().waitFor();
  if (await page.getByRole('button', { name: 'Back to the top' }).isVisible())
    await page.getByRole('button', { name: 'Back to the top' }).click();
  await page.evaluate(() => scrollTo(0, 0));
  await page.getByRole('link', { name: 'order-0', exact: true }).waitFor();
  expect(browser.complaints).toEqual([]);
});
