import { afterAll, beforeAll, expect, test } from 'bun:test';
import Type from 'typebox';
import Value from 'typebox/value';
import { LiveHistorySchema } from '../../src/server/api/live/history.ts';
import { LiveNoteSchema } from '../../src/server/api/live/notes.ts';
import { type LiveSampleJson, LiveSampleSchema } from '../../src/server/api/live/sample.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { type AppProcess, killRunning, startApp } from '../helpers/app-process.ts';
import { promtool } from '../helpers/promtool.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';

let place: AppPlace;
let app: AppProcess;

beforeAll(async () => {
  place = await AppPlace.onTestEngines();
  app = startApp(['run', '--json'], { env: { ...place.env, TEST_SERVICE_PRODUCER_ENABLED: 'false' } });
  await app.untilUp();
});

afterAll(async () => {
  await killRunning();
  await place.remove();
});

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${place.url}/api/v1${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  const json = await response.json();
  expect([response.status, response.status === 200 ? '' : json]).toEqual([200, '']);
  return json;
}

/** Reads a stream of events until `done` says so, or it ends. */
async function* events(path: string, signal: AbortSignal): AsyncGenerator<{ event: string; data: unknown }> {
  const response = await fetch(`${place.url}/api/v1${path}`, { signal });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field('data');
      if (data !== undefined) yield { event: field('event') ?? '', data: JSON.parse(data) };
    }
  }
}

async function metric(line: string): Promise<number> {
  const text = await (await fetch(`${place.url}/metrics`)).text();
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  return Number(found?.split(' ').at(-1));
}

test('one order, from the generator to Kafka, PostgreSQL, the cache and the metrics', async () => {
  const sent = await call('POST', '/generator/send-one', {});
  const uid: string = sent.order_uid;
  await until(async () => (await place.get(uid)).status === 200, 20_000, 50);
  const { messages } = await call('GET', `/topics/${place.topic}/messages?key=${uid}`);
  expect(messages).toMatchObject([
    { partition: sent.partition, offset: Number(sent.offset), meaning: { kind: 'order', order_uid: uid } },
  ]);
  await until(async () => (await call('GET', `/cache/orders/${uid}`)).redis?.kind === 'order');
  expect((await call('DELETE', `/cache/orders/${uid}`)).delivered).toBe(true);
  expect(await call('GET', `/cache/orders/${uid}`)).toEqual({ order_uid: uid, l1: null, redis: null });

  await call('POST', '/generator/send-one', { fault: 'sums_mismatch' });
  await until(async () => (await metric('test_service_dead_letters_total{reason="sums_mismatch"}')) === 1, 20_000);
  expect(await metric('test_service_stored_orders_total{outcome="written"}')).toBe(1);
  expect(await metric('test_service_produced_messages_total{result="sent"}')).toBe(2);
  expect(await metric('test_service_lookups_total{tier="postgresql"}')).toBeGreaterThan(0);
  expect(await metric('test_service_readable_seconds_count')).toBe(1);
  const page = await (await fetch(`${place.url}/metrics`)).text();
  expect(await promtool(['check', 'metrics'], page)).toEqual({ code: 0, said: '' });
});

test('the journey of an order names every step, and where it is cached', async () => {
  const sent = await call('POST', '/generator/send-one', {});
  const uid: string = sent.order_uid;
  await until(async () => (await place.get(uid)).headers.get('x-cache') === 'l1', 20_000, 50);
  const journey = await call('GET', `/orders/${uid}/journey`);
  expect(journey).toMatchObject({
    topic: place.topic,
    partition: sent.partition,
    offset: sent.offset,
    in_log: true,
    cached: { l1: true, redis: true },
  });
  expect(journey.cached.redis_ttl_ms).toBeGreaterThan(0);
  expect(journey.steps.map(({ step }: { step: string }) => step)).toEqual([
    'produced',
    'logged',
    'storing',
    'readable',
  ]);
  await call('DELETE', `/cache/orders/${uid}`);
  expect((await call('GET', `/orders/${uid}/journey`)).cached).toEqual({ l1: false, redis: false });
});

test('a load of so many orders is sent, stored, and seen live', async () => {
  const stop = new AbortController();
  const samples: LiveSampleJson[] = [];
  const kinds: string[] = [];
  const watching = (async () => {
    for await (const { event, data } of events('/live', stop.signal)) {
      const schema = { history: LiveHistorySchema, sample: LiveSampleSchema, note: LiveNoteSchema }[event];
      expect([...Value.Errors(Type.Unsafe(schema ?? {}), data)]).toEqual([]);
      if (Value.Check(LiveSampleSchema, data)) samples.push(data);
      if (Value.Check(LiveNoteSchema, data)) kinds.push(data.kind);
    }
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  await until(() => samples.length > 0);
  await call('POST', '/generator/start', { rate: 300, count: 900, seed: 5 });
  await until(() => samples.some((one) => (one.consumer?.written ?? 0) > 900), 30_000);
  await until(() => kinds.includes('generator_stopped'), 10_000);
  stop.abort();
  await watching;
  expect(kinds).toContain('generator_started');
  const rates = samples.map((one) => [one.generator?.sent_per_s ?? 0, one.topic?.arrived_per_s ?? 0]);
  expect(Math.max(...rates.map(([sent = 0]) => sent))).toBeGreaterThan(100);
  expect(Math.max(...rates.map(([, arrived = 0]) => arrived))).toBeGreaterThan(100);
  expect(samples.some((one) => (one.consumer?.readable_ms?.p50 ?? 0) > 0)).toBe(true);
  const group = await call('GET', `/consumer-groups/${place.group}`);
  expect([group.state, group.lag]).toEqual(['Stable', 0]);
});

test('open streams do not hold a stop up', async () => {
  const stop = new AbortController();
  const ended: string[] = [];
  let open = 0;
  for (const path of ['/live', `/topics/${place.topic}/tail`, '/live']) {
    void (async () => {
      const response = await fetch(`${place.url}/api/v1${path}`, { signal: stop.signal });
      open += 1;
      await response.text().catch(() => {});
      ended.push(path);
    })();
  }
  await until(() => open === 3);
  const from = unstalledNow();
  app.kill('SIGTERM');
  await until(() => ended.length === 3, 5_000);
  expect(unstalledNow() - from).toBeLessThan(1_500);
  expect((await app.exited).code).toBe(0);
});
