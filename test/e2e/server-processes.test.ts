import { afterEach, beforeEach, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, startApp } from '../helpers/app-process.ts';
import { until } from '../helpers/until.ts';

let place: AppPlace;

beforeEach(async () => {
  place = await AppPlace.onTestEngines();
});

afterEach(async () => {
  await killRunning();
  await place.remove();
});

function start(command: string) {
  return startApp([command, '--json'], {
    env: { ...place.env, TEST_SERVICE_SERVER_PROCESSES: '3', TEST_SERVICE_LOG_FORMAT: 'json' },
  });
}

/** Processes whose parent is `pid`, that serve. */
function serversUnder(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((one) => parentOf(one) === pid && commandOf(one).includes('--beside'));
}

/** State and parent; undefined for a process that is not there. */
function statusOf(pid: number): { state: string; parent: number } | undefined {
  const status = read(pid, 'stat');
  if (status === '') return undefined;
  const [state = '', parent] = status.slice(status.lastIndexOf(')') + 2).split(' ');
  return { state, parent: Number(parent) };
}

const parentOf = (pid: number) => statusOf(pid)?.parent;
const commandOf = (pid: number) => read(pid, 'cmdline');

/** False once its last thread has ended, which closes its sockets, even while it still waits to be reaped. */
function isAlive(pid: number): boolean {
  const { state = 'Z' } = statusOf(pid) ?? {};
  return state !== 'Z' || threadsOf(pid) > 1;
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

function read(pid: number, name: string): string {
  try {
    return Number.isNaN(pid) ? '' : readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** True when the service answers on a connection of its own. */
async function answers(path = '/healthz'): Promise<boolean> {
  return await fetch(place.url + path, { keepalive: false }).then(
    (response) => response.ok,
    () => false,
  );
}

test('several processes serve on one port; one that is killed is replaced while the others go on', async () => {
  const app = start('run');
  await app.untilUp();
  const before = serversUnder(app.pid);
  expect(before.length).toBe(2);

  process.kill(before[0] ?? 0, 'SIGKILL');
  await until(() => !isAlive(before[0] ?? 0));
  for (let at = 0; at < 20; at++) expect(await answers()).toBe(true);
  await until(() => serversUnder(app.pid).length === 2);
  await until(() => app.stderr.includes('a server process has ended') || app.stdout.includes('a server process'));

  // Whichever process takes it, the generator is the first one's.
  const states = new Set<unknown>();
  for (let at = 0; at < 20; at++) {
    const response = await fetch(`${place.url}/api/v1/generator`, { keepalive: false });
    expect(response.status).toBe(200);
    states.add(((await response.json()) as { seed: unknown }).seed);
  }
  expect(states.size).toBe(1);

  const others = serversUnder(app.pid);
  process.kill(app.pid, 'SIGTERM');
  expect(await app.exited).toMatchObject({ code: 0 });
  expect(others.filter(isAlive)).toEqual([]);
});

test('the metrics count what any of the processes answered', async () => {
  const app = start('serve');
  await app.untilUp();
  const asked = 40;
  for (let at = 0; at < asked; at++) {
    const response = await fetch(`${place.url}/api/v1/orders/absent-${at}`, { keepalive: false });
    expect(response.status).toBe(404);
  }
  const counted = async () => {
    const text = await (await fetch(`${place.url}/metrics`, { keepalive: false })).text();
    return Number(/^test_service_lookups_total\{tier="absent"\} (\d+)$/m.exec(text)?.[1]);
  };
  await until(async () => (await counted()) >= asked);
  expect(await counted()).toBe(asked);
});

test('the first process killed: none of the others is left', async () => {
  const app = start('serve');
  await app.untilUp();
  const others = serversUnder(app.pid);
  expect(others.length).toBe(2);
  process.kill(app.pid, 'SIGKILL');
  await until(() => !others.some(isAlive), 20_000);
  expect(await answers()).toBe(false);
});
