import { afterAll, beforeAll, expect, test } from 'bun:test';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { TestBrowser } from '../helpers/browser.ts';
import { CertificateAuthority } from '../helpers/certificates.ts';
import { sampleOrder } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';

let place: AppPlace;

beforeAll(async () => {
  place = await AppPlace.onTestEngines();
});

afterAll(async () => {
  await killRunning();
  await place.remove();
});

test('console, REST and streams over HTTPS by two processes; a renewed certificate ends no stream', async () => {
  const authority = new CertificateAuthority(join(place.folder, 'authority'));
  const [certificate, key] = [join(place.folder, 'server.pem'), join(place.folder, 'server.key')];
  const install = (name: string): void => {
    const issued = authority.issue(name);
    copyFileSync(issued.certificate, certificate);
    copyFileSync(issued.key, key);
  };
  install('first');
  const env = {
    ...place.env,
    TEST_SERVICE_SERVER_TLS_CERTIFICATE: certificate,
    TEST_SERVICE_SERVER_TLS_KEY: key,
    TEST_SERVICE_SERVER_PROCESSES: '2',
    TEST_SERVICE_LOG_FORMAT: 'json',
    TEST_SERVICE_PRODUCER_ENABLED: 'false',
  };
  const app = startApp(['run', '--json'], { env });
  const { url } = (await app.untilUp()) as { url: string };
  expect(url).toBe(place.url.replace('http:', 'https:'));
  const tls = { ca: readFileSync(authority.certificate, 'utf8') };
  const ask = (path: string, init: RequestInit = {}) => fetch(url + path, { ...init, tls, keepalive: false });
  expect((await ask('/healthz')).status).toBe(200);

  // It has a day left.
  const findings: unknown = JSON.parse((await runApp(['doctor', '--json'], { env })).stdout);
  expect(findings).toContainEqual(expect.objectContaining({ check: 'server certificate', state: 'note' }));
  expect(findings).toContainEqual(expect.objectContaining({ check: 'server port', state: 'note' }));

  // Another site in a browser is refused; the page itself is not.
  const order = { method: 'POST', body: JSON.stringify(sampleOrder('over-tls')) };
  const headers = { 'content-type': 'application/json' };
  const from = (origin: string) => ask('/api/v1/orders', { ...order, headers: { ...headers, origin } });
  expect((await from('https://evil.example')).status).toBe(403);
  expect((await from(url)).status).toBe(202);
  await until(async () => (await ask('/api/v1/orders/over-tls')).status === 200);

  // Readers trust the authority they are given, and those of the service itself need none.
  const read = ['read', '--url', url, '--rate', '20', '--duration', '1s', '--json'];
  const trusting = await runApp([...read, '--ca', authority.certificate], { env: place.env });
  expect([trusting.code, JSON.parse(trusting.stdout).failures]).toEqual([0, {}]);
  expect(await runApp(read, { env: place.env })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--ca names the authority to trust'),
  });
  await ask('/api/v1/reader/start', { method: 'POST', headers, body: '{"rate":50}' });
  const readers = async () => (await ask('/api/v1/reader')).json();
  await until(async () => (await readers()).latencies.some(({ outcome }: { outcome: string }) => outcome === 'l1'));
  expect((await readers()).failures).toEqual([]);

  const stream = (await ask('/api/v1/live')).body?.getReader();
  expect((await stream?.read())?.done).toBe(false);
  const browser = await TestBrowser.start({ ignoreHTTPSErrors: true });
  try {
    const page = await browser.open(`${url}/orders`);
    await page.getByText('over-tls').first().waitFor();
    expect(browser.complaints).toEqual([]);

    // Each process notices it by itself.
    install('second');
    await until(() => app.stderr.split('the renewed certificate is in use').length === 3);
    for (let at = 0; at < 20; at++) expect((await ask('/api/v1/orders/over-tls')).status).toBe(200);
    for (let at = 0; at < 3; at++) expect((await stream?.read())?.done).toBe(false);
    await page.goto(`${url}/orders`);
    await page.getByText('over-tls').first().waitFor();
  } finally {
    await browser.close();
  }
  await stream?.cancel();
  expect((await app.stop()).code).toBe(0);
}, 180_000);
