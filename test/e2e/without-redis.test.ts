import { afterAll, expect, test } from 'bun:test';
import sample from '../fixtures/order.json';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { RedisProcess } from '../helpers/redis-process.ts';
import { until } from '../helpers/until.ts';

const place = await AppPlace.onTestEngines();
const redis = await RedisProcess.start();
const env = {
  ...place.env,
  TEST_SERVICE_ENGINES: 'off',
  TEST_SERVICE_REDIS_URL: redis.url,
  TEST_SERVICE_PRODUCER_ENABLED: 'false',
};

afterAll(async () => {
  await killRunning();
  await Promise.all([place.remove(), redis.close()]);
});

test('with local engines off it starts without Redis, says so, and uses it once it comes', async () => {
  await redis.kill();
  const app = startApp(['run', '--json'], { env });
  expect(await app.untilUp()).toMatchObject({ engines: [{}, {}, { engine: 'redis', state: 'absent' }] });
  expect(app.stderr).toContain('going on without it until it does');
  const ready = async () => (await (await fetch(`${place.url}/readyz`)).json()).status;
  expect(await ready()).toBe('degraded');
  const sent = await fetch(`${place.url}/api/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(sample),
  });
  expect(sent.status).toBe(202);
  await until(async () => (await place.get(sample.order_uid)).status === 200);
  for (let at = 0; at < 5; at++) {
    expect((await place.get(sample.order_uid)).headers.get('x-cache')).toBe('postgresql');
  }
  await redis.boot();
  const tiers = new Set<string | null>();
  await until(async () => tiers.add((await place.get(sample.order_uid)).headers.get('x-cache')).has('l1'));
  expect(tiers.has('redis')).toBe(true);
  await until(async () => (await ready()) === 'ok');
  await app.stop();
});

test('doctor takes that for a note', async () => {
  await redis.kill();
  const { stdout } = await runApp(['doctor', '--json'], { env });
  const findings: { check: string; state: string }[] = JSON.parse(stdout);
  expect(findings.find(({ check }) => check === 'redis')).toMatchObject({ state: 'note' });
});

test('a Redis that answers and is no use as a cache is said to be so, wherever one looks', async () => {
  await redis.boot();
  const rights = ['ACL', 'SETUSER', 'app', 'on', '>apppw', '~*', '&*', '+@read', '+@write', '+@connection'];
  await redis.command(rights);
  const url = new URL(redis.url);
  [url.username, url.password] = ['app', 'apppw'];
  const limited = { ...env, TEST_SERVICE_REDIS_URL: url.href };
  const app = startApp(['run', '--json'], { env: limited });
  await app.untilUp();
  const json = async (path: string) => (await fetch(`${place.url}${path}`)).json();
  expect(await json('/readyz')).toMatchObject({
    status: 'degraded',
    engines: [{}, {}, { name: 'redis', status: 'down', in_use: false, reason: 'no_permission' }],
  });
  expect((await json('/api/v1/cache')).redis).toMatchObject({
    in_use: false,
    reason: 'no_permission',
    errors: { no_permission: expect.any(Number) },
  });
  const metrics = await (await fetch(`${place.url}/metrics`)).text();
  expect(metrics).toContain('test_service_cache_in_use 0\n');
  expect(metrics).toMatch(/^test_service_cache_errors_total\{kind="no_permission"\} [1-9]/m);
  const doctor = await runApp(['doctor'], { env: limited });
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toMatch(/^BAD {3}redis .*no_permission.*NOPERM.*ACL SETUSER app \+eval/m);
  await redis.command([...rights, '+@scripting']);
  await until(async () => (await json('/readyz')).status === 'ok');
  expect((await json('/api/v1/cache')).redis).toMatchObject({ in_use: true, reason: null });
  await app.stop();
});
