import { afterAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { reportEngines } from '../../src/engines/report.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { type AppProcess, isAlive, killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';

const ORDERS = 20_000;
const COLD_START_MS = 120_000;
/** 15 s on a machine that has nothing else to do. */
const WARM_START_MS = 60_000;
const NO_GENERATOR = { TEST_SERVICE_PRODUCER_ENABLED: 'false' };

/** One story in several chapters: the tests build on each other. */
const place = await AppPlace.onOwnEngines();
const neighbour = await AppPlace.onTestEngines();

afterAll(async () => {
  await killRunning();
  await place.remove();
  await neighbour.remove();
});

interface Up {
  readonly engines: readonly { readonly engine: string; readonly state: string; readonly pid?: number }[];
}

async function run(env: Record<string, string> = {}): Promise<{ app: AppProcess; up: Up; tookMs: number }> {
  const began = unstalledNow();
  const app = startApp(['run', '--json'], { env: { ...place.env, ...env } });
  const up = (await app.untilUp(COLD_START_MS)) as Up;
  return { app, up, tookMs: unstalledNow() - began };
}

function states(up: Up): string[] {
  return up.engines.map(({ state }) => state);
}

function pids(up: Up): number[] {
  return up.engines.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
}

/** Processes that have the folder of the place in their command line. */
function processesOf(where: AppPlace): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(where.folder);
      } catch {
        return false;
      }
    });
}

async function answering(): Promise<string[]> {
  const statuses = await reportEngines(place.engineSettings);
  return statuses.filter(({ answer }) => answer !== 'none').map(({ engine }) => engine);
}

async function expectNothingLeft(up: Up): Promise<void> {
  expect(pids(up).filter(isAlive)).toEqual([]);
  expect(processesOf(place)).toEqual([]);
  expect(await answering()).toEqual([]);
}

describe('run with engines of its own', () => {
  test('cold: the first generated order is readable; SIGTERM under load loses nothing and stops everything', async () => {
    const began = unstalledNow();
    const { app, up } = await run({
      TEST_SERVICE_PRODUCER_RATE: '50',
      TEST_SERVICE_CONSUMER_MAX_BATCH_ORDERS: '200',
    });
    expect(states(up)).toEqual(['started', 'started', 'started']);
    await until(async () => (await place.latest()).length === 1, 20_000);
    expect(unstalledNow() - began).toBeLessThan(COLD_START_MS);
    // A broker that is new has to make what groups and producers are kept in: nothing to be alarmed by.
    expect(app.stderr).not.toMatch(/replacing the kafka client|kafka sender is retrying/);
    const load = startApp(['produce', '--count', String(ORDERS), '--seed', '3', '--json'], {
      // With another data folder it is no user of these engines, so they do not wait for it.
      env: { ...place.env, TEST_SERVICE_ENGINES: 'off', TEST_SERVICE_DATA_DIR: neighbour.dataDir },
    });
    await until(async () => (await place.orders()) > 3_000, 60_000, 5);
    const exit = await app.stop();
    expect(exit).toMatchObject({ code: 0, signal: null });
    expect(exit.tookMs).toBeLessThan(10_000);
    await expectNothingLeft(up);
    // Its broker is gone, so the load gives up when it is asked to, and says how far it came.
    expect(await load.stop()).toMatchObject({
      stdout: expect.stringMatching(/^\{"sent":\d{4,},.*"seed":3\}\n$/),
    });
  });

  test('engines up keeps them; there are as many rows as messages consumed; the next run goes on to the end', async () => {
    const up = await runApp(['engines', 'up', '--json'], { env: place.env });
    expect(up.code).toBe(0);
    expect(states({ engines: JSON.parse(up.stdout) })).toEqual(['started', 'started', 'started']);
    const status = await runApp(['engines', 'status'], { env: place.env });
    expect(status.code).toBe(0);
    expect(status.stdout.match(/answers, local .*, by `up`\n +data in /g)).toHaveLength(3);
    for (const line of status.stdout.split('\n'))
      if (!line.includes('data in')) expect(line.length).toBeLessThanOrEqual(80);
    const before = await place.orders();
    expect(await place.consumed()).toBe(before);
    const produced = await place.produced();
    expect(produced).toBeGreaterThan(before);

    const next = await run(NO_GENERATOR);
    expect(states(next.up)).toEqual(['in use', 'in use', 'in use']);
    await until(async () => (await place.consumed()) === produced, 60_000, 50);
    expect(await place.orders()).toBe(produced);
    expect(await next.app.stop()).toMatchObject({ code: 0 });
    expect(await answering()).toEqual(['postgresql', 'kafka', 'redis']);
    const down = await runApp(['engines', 'down'], { env: place.env });
    expect(down).toMatchObject({ code: 0, stdout: 'stopped postgresql, kafka, redis\n' });
    await expectNothingLeft({ engines: JSON.parse(up.stdout) });
    const silent = await runApp(['engines', 'status', '--json'], { env: place.env });
    expect(silent.code).toBe(1);
    expect(JSON.parse(silent.stdout)).toMatchObject(Array(3).fill({ answer: 'none', next: 'start' }));
  });

  test('warm, next to another copy; killed, it leaves its engines to the next, which adopts and stops them', async () => {
    const other = startApp(['run', '--json'], { env: neighbour.env });
    await other.untilUp();
    const began = unstalledNow();
    const killed = await run({ TEST_SERVICE_PRODUCER_RATE: '20' });
    const before = await place.produced();
    await until(async () => (await place.consumed()) > before, 30_000);
    expect(unstalledNow() - began).toBeLessThan(WARM_START_MS);
    killed.app.kill('SIGKILL');
    await killed.app.exited;
    expect(pids(killed.up).filter(isAlive)).toHaveLength(3);
    expect(await place.consumed()).toBe(await place.orders());

    const next = await run({ TEST_SERVICE_PRODUCER_RATE: '20' });
    expect(states(next.up)).toEqual(['adopted', 'adopted', 'adopted']);
    expect(pids(next.up)).toEqual(pids(killed.up));
    const atKill = await place.produced();
    await until(async () => (await place.consumed()) > atKill, 30_000);
    const mine = await place.latest();
    const theirs = await neighbour.latest();
    expect([mine.length, theirs.length]).toEqual([1, 1]);
    expect((await neighbour.get(mine[0]?.order_uid ?? '')).status).toBe(404);
    expect((await place.get(theirs[0]?.order_uid ?? '')).status).toBe(404);

    expect(await next.app.stop()).toMatchObject({ code: 0 });
    await expectNothingLeft(next.up);
    expect((await fetch(`${neighbour.url}/readyz`)).status).toBe(200);
    expect(await other.stop()).toMatchObject({ code: 0 });
  });
});
