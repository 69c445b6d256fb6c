import { afterAll, afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { AppPlace } from '../helpers/app-place.ts';
import { type AppProcess, killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { freePorts } from '../helpers/free-port.ts';
import { promtool } from '../helpers/promtool.ts';
import { until } from '../helpers/until.ts';

setDefaultTimeout(180_000);

const place = await AppPlace.onTestEngines();
const [consumePort = 0, producePort = 0] = await freePorts(2);
const consumeUrl = `http://127.0.0.1:${consumePort}`;
const produceUrl = `http://127.0.0.1:${producePort}`;

afterEach(killRunning);

afterAll(() => place.remove());

function start(args: readonly string[], port: number, more: Readonly<Record<string, string>> = {}): AppProcess {
  return startApp(args, { env: { ...place.env, TEST_SERVICE_OPS_PORT: String(port), ...more } });
}

async function readiness(url: string): Promise<{ code: number; status?: string; roles?: object[] }> {
  const response = await fetch(`${url}/readyz`).catch(() => undefined);
  return response === undefined ? { code: 0 } : { code: response.status, ...(await response.json()) };
}

const metrics = async (url: string) => (await fetch(`${url}/metrics`)).text();

test('a consumer and a producer answer for themselves', async () => {
  const consumer = start(['consume', '--json'], consumePort, { TEST_SERVICE_CONSUMER_STALL_MS: '1000' });
  await consumer.untilUp();
  await until(async () => (await readiness(consumeUrl)).code === 200);
  expect(await (await fetch(`${consumeUrl}/healthz`)).json()).toMatchObject({ status: 'ok' });
  expect((await fetch(`${consumeUrl}/api/v1/orders`)).status).toBe(404);

  const producer = start(['produce', '--rate', '50'], producePort);
  await until(async () => (await readiness(produceUrl)).code === 200);
  expect((await readiness(produceUrl)).roles).toEqual([{ name: 'producer', required: true, status: 'ready' }]);
  await until(async () =>
    /^test_service_produced_messages_total\{result="sent"\} [1-9]/m.test(await metrics(produceUrl)),
  );
  await until(async () =>
    /^test_service_stored_orders_total\{outcome="written"\} [1-9]/m.test(await metrics(consumeUrl)),
  );

  for (const url of [consumeUrl, produceUrl])
    expect(await promtool(['check', 'metrics'], await metrics(url))).toEqual({ code: 0, said: '' });

  // Nothing can be stored while somebody holds the table.
  const holding = place.query(`begin; lock table orders; select pg_sleep(6); commit`);
  await until(async () => (await readiness(consumeUrl)).code === 503);
  expect((await readiness(consumeUrl)).roles).toEqual([
    { name: 'consumer', required: true, status: 'not_ready', reason: 'no_progress' },
  ]);
  await holding;
  await until(async () => (await readiness(consumeUrl)).code === 200);

  expect((await producer.stop()).code).toBe(0);
  expect((await consumer.stop()).code).toBe(0);
});

test('off the loopback there must be a token, or everybody may read', async () => {
  const reachable = { TEST_SERVICE_OPS_HOST: '0.0.0.0' };
  const env = { ...place.env, TEST_SERVICE_OPS_PORT: String(consumePort), ...reachable };
  const refused = await runApp(['consume'], { env });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('ops.host 0.0.0.0 can be reached from other machines');
  expect(refused.stderr).toContain('server.openReads');

  const token = 'a-token-to-be-kept-secret';
  const guarded = start(['consume', '--json'], consumePort, { ...reachable, TEST_SERVICE_SERVER_TOKEN: token });
  await guarded.untilUp();
  expect((await fetch(`${consumeUrl}/healthz`)).status).toBe(200);
  expect((await fetch(`${consumeUrl}/metrics`)).status).toBe(401);
  expect((await fetch(`${consumeUrl}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  await guarded.stop();
});

test('a port that is taken is told by the setting that names it', async () => {
  const other = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() });
  const env = { ...place.env, TEST_SERVICE_OPS_PORT: String(other.port) };
  const refused = await runApp(['consume'], { env });
  await other.stop(true);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('set ops.port (TEST_SERVICE_OPS_PORT)');
});
