import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { createApp } from '../../src/server/app.ts';
import { type RunningServer, startServer } from '../../src/server/http/server.ts';
import { buildWebClient } from '../../src/server/web/web.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { seriousIn } from '../helpers/axe.ts';
import { TestBrowser } from '../helpers/browser.ts';
import { storedOrder } from '../helpers/stored-order.ts';

const LIMITS = { host: '127.0.0.1', port: 0, maxBodyBytes: 100_000, requestTimeoutMs: 5_000 };
const TOKEN = 'a-token-that-is-long-enough-to-protect';

let server: RunningServer;
let browser: TestBrowser;

beforeAll(async () => {
  const web = await buildWebClient();
  const backend = new FakeBackend().add(storedOrder('a'));
  // As on an address that others reach; it listens on the loopback all the same.
  const app = createApp(backend.options({ web, token: TOKEN, host: '0.0.0.0' }));
  server = startServer(app, LIMITS, silentLogger);
  browser = await TestBrowser.start();
});

afterEach(() => browser.endTest());

afterAll(async () => {
  await browser.close();
  await server.close(0);
});

/** Opens the page in a browser that has the token already. */
async function docs(from: TestBrowser): Promise<Page> {
  const page = await from.open(`${server.url}/healthz`);
  await page.evaluate((token) => sessionStorage.setItem('test-service.token', token), TOKEN);
  await page.goto(`${server.url}/docs`);
  await page.getByRole('heading', { name: 'Test Service', level: 1 }).waitFor();
  return page;
}

test('/docs asks for the token, shows the API, and leads back to the console', async () => {
  const page = await browser.open(`${server.url}/docs`);
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (!/^(data:|blob:|http:\/\/127\.0\.0\.1)/.test(request.url())) elsewhere.push(request.url());
  });
  await page.getByLabel('Token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Test Service', level: 1 }).waitFor();
  await page.getByText('Find an order by its order_uid').first().waitFor();
  expect(await page.title()).toBe('Test Service: REST API');
  expect(elsewhere).toEqual([]);
  await page.getByRole('link', { name: '← Test Service' }).click();
  await page.waitForURL(`${server.url}/`);
});

test('/docs is accessible, light and dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const visitor = await browser.other({ colorScheme });
    try {
      const page = await docs(visitor);
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const isDark = Number(/\d+/.exec(background)?.[0]) < 60;
      expect([colorScheme, isDark]).toEqual([colorScheme, colorScheme === 'dark']);
      expect(await seriousIn(page)).toEqual([]);
    } finally {
      await visitor.close();
    }
  }
});
