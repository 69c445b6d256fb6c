import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type RunningServer, startServer } from '../../src/server/server.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { TestBrowser } from '../helpers/browser.ts';
import { storedOrder } from '../helpers/stored-order.ts';

const LIMITS = { host: '127.0.0.1', port: 0, maxBodyBytes: 100_000, requestTimeoutMs: 5_000 };

let server: RunningServer;
let browser: TestBrowser;

beforeAll(async () => {
  server = startServer(new FakeBackend().add(storedOrder('a')).app(), LIMITS, silentLogger);
  browser = await TestBrowser.start();
});

afterAll(async () => {
  await browser.close();
  await server.close(0);
});

test('/docs shows the API and tries a request, with nothing from elsewhere and no complaint', async () => {
  const page = await browser.open(`${server.url}/docs`);
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (!/^(data:|http:\/\/127\.0\.0\.1)/.test(request.url())) elsewhere.push(request.url());
  });
  const operation = page.locator('#operations-orders-getOrder');
  await operation.getByRole('button').first().click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  await operation.getByRole('textbox').first().fill('a');
  await operation.getByRole('button', { name: 'Execute' }).click();
  await operation.locator('.live-responses-table').getByText('track_number').first().waitFor();
  expect(await page.title()).toBe('Test Service: REST API');
  expect(elsewhere).toEqual([]);
  expect(browser.complaints).toEqual([]);
});
