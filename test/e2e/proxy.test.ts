import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../src/server/app.ts';
import { type RunningServer, startServer } from '../../src/server/http/server.ts';
import { buildWebClient } from '../../src/server/web/web.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { TestBrowser } from '../helpers/browser.ts';
import { freePort } from '../helpers/free-port.ts';
import { storedOrder } from '../helpers/stored-order.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const DOCS = join(import.meta.dirname, '../../docs/operations.md');
const NGINX = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';
const TOKEN = 'a-token-that-is-long-enough-to-protect';
const AUTHORIZED = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

const folder = createTempDir('test-nginx-');
let nginx: ChildProcess;
let server: RunningServer;
let browser: TestBrowser;
/** Of the proxy, without a slash at the end. */
let origin = '';
let base = '';

beforeAll(async () => {
  const web = await buildWebClient();
  const backend = new FakeBackend().add(storedOrder('a'));
  const place = {
    host: '127.0.0.1',
    basePath: '/orders-demo',
    trustedProxies: ['127.0.0.1'],
    allowedHosts: ['orders.example'],
  };
  const limits = { port: 0, maxBodyBytes: 100_000, requestTimeoutMs: 5_000, rateLimit: 0 };
  server = startServer(
    createApp(backend.options({ ...place, web, token: TOKEN })),
    { ...place, ...limits },
    silentLogger,
  );
  const port = await freePort();
  origin = `http://localhost:${port}`;
  base = `${origin}${place.basePath}`;
  nginx = startNginx(port, server.port);
  await until(async () => (await fetch(`${base}/healthz`).catch(() => undefined))?.ok === true);
  browser = await TestBrowser.start();
});

afterEach(() => browser.endTest());

afterAll(async () => {
  await browser.close();
  nginx.kill('SIGTERM');
  await new Promise((resolve) => nginx.once('close', resolve));
  await server.close(0);
  folder.remove();
});

/** nginx as docs/operations.md says, on other ports, in a folder of its own. */
function startNginx(port: number, to: number): ChildProcess {
  const documented = /```nginx\n([\s\S]*?)```/.exec(readFileSync(DOCS, 'utf8'))?.[1] ?? '';
  const servers = documented.replace('listen 80;', `listen 127.0.0.1:${port};`).replaceAll(':8001', `:${to}`);
  expect(servers).toContain(`listen 127.0.0.1:${port};`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder.path}/${name};`)
    .join('\n');
  const file = join(folder.path, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder.path}/pid; error_log stderr;
    events {}
    http { access_log off; ${temporary}\n${servers} }`,
  );
  return spawn(NGINX, ['-p', folder.path, '-e', 'stderr', '-c', file], { stdio: 'ignore' });
}

test('the console works under a sub-path of a proxy: pages, requests, streams, exports', async () => {
  const page = await browser.open(`${base}/orders/a`);
  await page.getByLabel('Token', { exact: true }).fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Order a' }).waitFor();
  await page.getByRole('link', { name: 'Orders', exact: true }).click();
  await page.waitForURL(`${base}/orders`);
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export CSV' }).click();
  expect((await coming).suggestedFilename()).toBe('orders.csv');
  await page.getByRole('link', { name: 'a', exact: true }).click();
  await page.waitForURL(`${base}/orders/a`);
  const followed = page.waitForResponse((answer) => answer.url() === `${base}/api/v1/live` && answer.ok());
  await page.getByRole('link', { name: 'Overview' }).click();
  await followed;
  await page.getByRole('link', { name: 'REST API' }).click();
  await page.waitForURL(`${base}/docs`);
  await page.getByRole('heading', { name: 'Test Service', level: 1 }).waitFor();
  await page.getByRole('link', { name: '← Test Service' }).click();
  await page.waitForURL(`${base}/`);
});

test('what leads on has the sub-path: redirects, Location, problems, the OpenAPI document', async () => {
  const bare = await fetch(base, { redirect: 'manual' });
  expect([bare.status >= 301, bare.headers.get('location')]).toEqual([true, expect.stringMatching(/\/orders-demo\/$/)]);
  const body = JSON.stringify(storedOrder('a').order);
  const sent = await fetch(`${base}/api/v1/orders`, {
    method: 'POST',
    body,
    headers: { ...AUTHORIZED, origin },
  });
  expect([sent.status, sent.headers.get('location')]).toEqual([202, '/orders-demo/api/v1/orders/a']);
  const { type, instance } = await (await fetch(`${base}/nothing`)).json();
  expect([type, instance]).toEqual(['/orders-demo/problems/not-found', '/orders-demo/nothing']);
  expect((await fetch(origin + type)).status).toBe(200);
  const document = await (await fetch(`${base}/openapi.json`, { headers: AUTHORIZED })).json();
  expect(document.servers).toEqual([{ url: '/orders-demo' }]);
});

test('the host is the client’s: others are refused, and so are requests from other sites', async () => {
  const at = (host: string, headers: Record<string, string> = {}) =>
    fetch(`${base}/api/v1/orders/check`, {
      method: 'POST',
      body: '{}',
      headers: { ...AUTHORIZED, host, ...headers },
    });
  expect((await at('orders.example', { origin: 'http://orders.example' })).status).toBe(200);
  expect((await at('evil.example')).status).toBe(421);
  expect((await at('orders.example', { origin: 'http://evil.example' })).status).toBe(403);
  // What the client itself says of proxies does not come through.
  const lies = { 'x-forwarded-host': 'orders.example', forwarded: 'host=orders.example' };
  expect((await at('evil.example', lies)).status).toBe(421);
});

test('behind a trusted proxy there is no loopback: reads ask for the token', async () => {
  expect((await fetch(`${base}/api/v1/orders/a`)).status).toBe(401);
  expect((await fetch(`${base}/api/v1/orders/a`, { headers: AUTHORIZED })).status).toBe(200);
});
