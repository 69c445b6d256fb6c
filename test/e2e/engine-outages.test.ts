import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { isAlive, killRunning } from '../helpers/app-process.ts';
import { OwnEnginesApp } from '../helpers/own-engines-app.ts';
import { until } from '../helpers/until.ts';

setDefaultTimeout(120_000);

const ENGINES = ['postgresql', 'kafka', 'redis'] as const;

let service: OwnEnginesApp;

beforeAll(async () => {
  service = await OwnEnginesApp.start(40);
  await service.flows();
});

afterAll(async () => {
  await killRunning();
  await service?.place.remove();
});

test('PostgreSQL stopped and started over REST, under load: the pipe waits and goes on', async () => {
  expect(await service.act('postgresql', { action: 'stop' })).toMatchObject({ state: 'stopped', pid: null });
  await until(async () => (await fetch(`${service.place.url}/readyz`)).status === 503);
  expect(await service.act('postgresql', { action: 'start' })).toMatchObject({
    state: 'running',
    answers: true,
  });
  await service.flows();
});

for (const name of ['postgresql', 'kafka'] as const) {
  test(`${name} killed and started over REST, under load: the pipe goes on by itself`, async () => {
    const before = await service.engine(name);
    expect(before.pid).toBeGreaterThan(0);
    expect(await service.act(name, { action: 'kill' })).toMatchObject({ state: 'stopped', answers: false });
    expect(await service.act(name, { action: 'start' })).toMatchObject({ state: 'running', answers: true });
    await service.flows();
  });
}

test('each is paused over REST, under load: it goes on by itself, and the pipe with it', async () => {
  for (const name of ENGINES) {
    expect(await service.act(name, { action: 'pause', seconds: 2 })).toMatchObject({ state: 'paused' });
    await until(async () => (await service.engine(name)).answers);
    await service.flows();
  }
});

test('a restart of Redis, over REST, costs nothing but its cache', async () => {
  expect(await service.act('redis', { action: 'restart' })).toMatchObject({
    state: 'running',
    answers: true,
  });
  const [newest] = await service.place.latest();
  expect((await service.place.get(newest?.order_uid ?? '')).status).toBe(200);
});

test('after all of it every message is accounted for', async () => {
  const { code, messages, findings } = await service.verified();
  expect(findings).toEqual([]);
  expect(code).toBe(0);
  expect(messages).toBeGreaterThan(100);
});

test('asked to stop with one engine stopped and one paused, the service ends in order and leaves nothing', async () => {
  const pids = (await Promise.all(ENGINES.map((name) => service.engine(name)))).map(({ pid }) => pid ?? 0);
  await service.act('redis', { action: 'pause', seconds: 60 });
  await service.act('postgresql', { action: 'stop' });
  const { code, tookMs } = await service.app.stop();
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(30_000);
  expect(pids.filter(isAlive)).toEqual([]);
});
