import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { LoopDelay } from '../../src/telemetry/process-health.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { type AppProcess, killRunning, startApp } from '../helpers/app-process.ts';
import { testEngines } from '../helpers/engines.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { freePort } from '../helpers/free-port.ts';
import { KafkaProcess } from '../helpers/kafka-process.ts';
import { RedisProcess } from '../helpers/redis-process.ts';
import { until } from '../helpers/until.ts';

setDefaultTimeout(400_000);

const BUDGET_MS = 3_000;
const SLOW_MS = 300;
/** However busy the machine is, a process starts and an engine is missed in less. */
const START_MS = 120_000;
const ENGINES = ['postgresql', 'kafka', 'redis'] as const;
const ROLES = ['run', 'serve', 'consume', 'produce'] as const;

type EngineName = (typeof ENGINES)[number];
type Role = (typeof ROLES)[number];

/** An engine whose every client comes by way of the proxy. */
interface Victim {
  readonly proxy: FaultProxy;
  /** SIGSTOP; for one that others use, too, nothing gets through from now on. */
  freeze(): Promise<void> | void;
  thaw(): void;
}

const places: AppPlace[] = [];
const victims = new Map<EngineName, Victim>();
let kafka: KafkaProcess;
let redis: RedisProcess;

beforeAll(async () => {
  let kafkaProxy: FaultProxy | undefined;
  [kafka, redis] = await Promise.all([
    KafkaProcess.start(async (port) => {
      kafkaProxy = await FaultProxy.start('127.0.0.1', port);
      return `127.0.0.1:${kafkaProxy.port}`;
    }),
    RedisProcess.start(),
  ]);
  if (kafkaProxy === undefined) throw new Error('no proxy');
  const postgresql = await FaultProxy.inFrontOf(testEngines().postgresqlUrl);
  victims.set('postgresql', {
    proxy: postgresql,
    freeze: () => postgresql.setMode('black-hole'),
    thaw: () => {},
  });
  victims.set('kafka', { proxy: kafkaProxy, freeze: () => kafka.freeze(), thaw: () => kafka.thaw() });
  victims.set('redis', {
    proxy: await FaultProxy.inFrontOf(redis.url),
    freeze: () => redis.freeze(),
    thaw: () => redis.thaw(),
  });
});

afterEach(async () => {
  await killRunning();
  for (const { proxy, thaw } of victims.values()) {
    thaw();
    proxy.latencyMs = 0;
    await proxy.setMode('pass');
  }
  await Promise.all(places.splice(0).map((place) => place.remove()));
});

afterAll(async () => {
  await Promise.all([...victims.values()].map(({ proxy }) => proxy.close()));
  await Promise.all([kafka?.close(), redis?.close()]);
});

async function newPlace(): Promise<AppPlace> {
  const place = await AppPlace.onTestEngines();
  places.push(place);
  return place;
}

function victim(name: EngineName): Victim {
  const found = victims.get(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

/** Roles of one service, under load, with these engines behind their proxies. */
async function startAll(place: AppPlace, engines: readonly EngineName[], roles: readonly Role[]) {
  const through = (name: EngineName): FaultProxy | undefined =>
    engines.includes(name) ? victim(name).proxy : undefined;
  const { postgresqlUrl } = place.engines;
  const port = await freePort();
  const env = {
    ...place.env,
    TEST_SERVICE_ENGINES: 'off',
    TEST_SERVICE_SHUTDOWN_TIMEOUT_MS: String(BUDGET_MS),
    TEST_SERVICE_PRODUCER_RATE: '100',
    TEST_SERVICE_POSTGRESQL_URL: through('postgresql')?.urlOf(postgresqlUrl) ?? postgresqlUrl,
    TEST_SERVICE_KAFKA_BROKERS: `127.0.0.1:${through('kafka')?.port ?? place.engines.broker.split(':')[1]}`,
    TEST_SERVICE_REDIS_URL: through('redis')?.urlOf(redis.url) ?? place.engines.redisUrl,
  };
  const apps = await Promise.all(
    roles.map(async (role) => {
      const args = role === 'produce' ? ['--rate', '100'] : ['--json'];
      const own = role === 'run' ? { TEST_SERVICE_SERVER_PORT: String(port) } : {};
      const app = startApp([role, ...args], { env: { ...env, ...own } });
      await (role === 'produce' ? app.untilSaid('producer started', START_MS) : app.untilUp(START_MS));
      return [role, app] as const;
    }),
  );
  await until(async () => (await place.consumed()) > 0, START_MS);
  const url = roles.includes('run') ? `http://127.0.0.1:${port}` : place.url;
  /** The service has missed all of these engines. */
  const misses = async (): Promise<boolean> => {
    const { engines: seen } = await (await fetch(`${url}/readyz`)).json();
    const down = seen.filter(({ status }: { status: string }) => status === 'down');
    return engines.every((name) => down.some((one: { name: string }) => one.name === name));
  };
  return { apps: new Map(apps), misses };
}

/** Asks all of them to stop at once; how each ended, and the worst that this machine made a timer wait meanwhile. */
async function stopAll(apps: ReadonlyMap<Role, AppProcess>) {
  const stall = new LoopDelay();
  stall.start();
  const exits = await Promise.all([...apps].map(async ([role, app]) => ({ role, ...(await app.stop()) })));
  const stallMs = stall.takeWorst();
  stall.close();
  return { exits, stallMs };
}

/** Each ended in the budget and a second, with an exit code that goes with what it says. */
function judge(what: string, { exits, stallMs }: Awaited<ReturnType<typeof stopAll>>): void {
  for (const { role, code, signal, stderr, tookMs } of exits) {
    // The stages of a stop wait for a timer each, and the end for one more.
    const inTime = tookMs < BUDGET_MS + 1_000 + 6 * stallMs || tookMs;
    const left = /left for the next start|messages given up/.test(stderr);
    expect([role, what, inTime, signal, code]).toEqual([role, what, true, null, left ? 1 : 0]);
  }
}

test('run stops in its time while an engine is frozen, and says what it leaves', async () => {
  const started = await Promise.all(ENGINES.map(async (engine) => startAll(await newPlace(), [engine], ['run'])));
  await Promise.all(ENGINES.map((engine) => victim(engine).freeze()));
  await Promise.all(started.map(({ misses }) => until(misses, START_MS, 50)));
  const stops = await Promise.all(started.map(({ apps }) => stopAll(apps)));
  for (const [at, engine] of ENGINES.entries()) judge(`${engine} is frozen`, stops[at] ?? { exits: [], stallMs: 0 });
  const [postgresql, kafkaAway, redisAway] = stops.map(({ exits }) => exits[0]?.stderr ?? '');
  expect(postgresql).toMatch(/"left":\[[^\]]*"consumer/);
  expect(kafkaAway).toMatch(/"left":\[[^\]]*"producer/);
  expect(redisAway).not.toContain('left for the next start');
});

test('serve, consume and produce stop in their time while all engines are black-holed', async () => {
  const { apps, misses } = await startAll(await newPlace(), ENGINES, ['serve', 'consume', 'produce']);
  await Promise.all(ENGINES.map((engine) => victim(engine).proxy.setMode('black-hole')));
  await until(misses, START_MS, 50);
  judge('all engines are black-holed', await stopAll(apps));
});

test('every role stops in its time while all engines are slow', async () => {
  const { apps } = await startAll(await newPlace(), ENGINES, ROLES);
  for (const engine of ENGINES) victim(engine).proxy.latencyMs = SLOW_MS;
  judge('all engines are slow', await stopAll(apps));
});
