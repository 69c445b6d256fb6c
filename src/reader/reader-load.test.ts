import { afterEach, expect, test } from 'bun:test';
import { freePort } from '../../test/helpers/free-port.ts';
import { until } from '../../test/helpers/until.ts';
import type { ReaderSettings } from '../contract/reader.ts';
import { ReaderLoad } from './reader-load.ts';

const SETTINGS: ReaderSettings = {
  rate: 500,
  absent: 0,
  lists: 0,
  repeats: 0,
  thinkMs: 0,
  zipf: 1,
  connections: 8,
};
const STORED_AT = Date.parse('2026-01-01T00:00:00Z');

interface Asked {
  readonly path: string;
  readonly headers: Headers;
}

/** A service with one order, `a`, whose version can be changed; `answer` can take over. */
class FakeService {
  readonly asked: Asked[] = [];
  offset = 5;
  answer: ((asked: Asked) => Response | Promise<Response> | undefined) | undefined;
  readonly #server: Bun.Server<undefined>;

  constructor(port = 0) {
    this.#server = Bun.serve({
      hostname: '127.0.0.1',
      port,
      fetch: (request) => {
        const { pathname, search } = new URL(request.url);
        const asked = { path: pathname + search, headers: request.headers };
        this.asked.push(asked);
        return this.answer?.(asked) ?? this.usual(asked);
      },
    });
  }

  usual({ path, headers }: Asked): Response {
    if (path.startsWith('/api/v1/orders?')) {
      const stored_at = new Date(STORED_AT).toISOString();
      return Response.json({ orders: [{ order_uid: 'a', stored_at }], next_cursor: null });
    }
    return path === '/api/v1/orders/a' ? this.order(this.offset, headers) : new Response(null, { status: 404 });
  }

  order(offset: number, asked = new Headers()): Response {
    const etag = `"v${offset}"`;
    const instant = new Date(STORED_AT + offset).toISOString();
    const headers = {
      etag,
      'x-cache': 'l1',
      'x-order-topic': 'orders',
      'x-order-partition': '2',
      'x-order-offset': String(offset),
      'x-order-produced-at': instant,
      'x-order-stored-at': instant,
    };
    if (asked.get('if-none-match') === etag) return new Response(null, { status: 304, headers });
    return new Response('{}', { headers });
  }

  get url(): string {
    return this.#server.url.href;
  }

  close(): Promise<void> {
    return this.#server.stop(true);
  }
}

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function service(port?: number): FakeService {
  const one = new FakeService(port);
  open.push(() => one.close());
  return one;
}

function start(url: string, settings: Partial<ReaderSettings> = {}, token?: () => string): ReaderLoad {
  const target = { url, token };
  const load = new ReaderLoad({ target, settings: { ...SETTINGS, ...settings }, maxKnown: 100, retentionMs: 0 });
  open.push(() => load.stop(0));
  load.start();
  return load;
}

const countOf = (load: ReaderLoad, outcome: string): number =>
  load.tally.latencies.find((one) => one.outcome === outcome)?.count ?? 0;

test('orders, absent ones, lists and repeats are asked for in their shares, with the token', async () => {
  const one = service();
  const load = start(one.url, { absent: 0.2, lists: 0.2, repeats: 0.3 }, () => 'secret');
  await until(() => load.tally.answered >= 600);
  await load.stop(5_000);
  const all = one.asked.length;
  const share = (of: (asked: Asked) => boolean): number => one.asked.filter(of).length / all;
  expect(share(({ path }) => path.includes('absent-'))).toBeGreaterThan(0.1);
  expect(share(({ path }) => path.includes('limit=20'))).toBeGreaterThan(0.1);
  expect(share(({ headers }) => headers.has('if-none-match'))).toBeGreaterThan(0.05);
  expect(share(({ headers }) => headers.get('authorization') === 'Bearer secret')).toBe(1);
  expect([load.tally.failed, load.tally.stale, load.tally.answered]).toEqual([0, 0, all]);
  expect(countOf(load, 'absent') + countOf(load, 'list') + countOf(load, 'l1')).toBe(all);
});

test('an answer older than one that had arrived before it was asked for is stale, and named', async () => {
  const one = service();
  const load = start(one.url);
  await until(() => countOf(load, 'l1') > 0);
  one.offset = 4;
  await until(() => load.tally.stale > 0);
  const [found] = load.tally.staleAnswers;
  expect(found).toMatchObject({ uid: 'a', outcome: 'l1', answered: { offset: 4 }, before: { offset: 5 } });
  expect(load.tally.staleAnswers.length).toBeLessThanOrEqual(20);
});

test('an order that is gone is stale, and asked for no more', async () => {
  const one = service();
  const load = start(one.url);
  await until(() => countOf(load, 'l1') > 0);
  one.answer = ({ path }) => (path.endsWith('/a') ? new Response(null, { status: 404 }) : undefined);
  await until(() => load.tally.stale > 0);
  expect(load.tally.staleAnswers[0]).toMatchObject({ uid: 'a', outcome: 'absent', before: { offset: 5 } });
  expect(load.tally.staleAnswers[0]?.answered).toBeUndefined();
});

test('an old answer that was asked for before a newer one arrived is not stale', async () => {
  const one = service();
  const held = Promise.withResolvers<void>();
  const waiting: string[] = [];
  const load = start(one.url, { rate: 50 });
  await until(() => countOf(load, 'l1') > 0);
  // All connections but one are answered late, and with the old order.
  one.answer = ({ path }) => {
    if (!path.endsWith('/a') || waiting.length >= 7) return undefined;
    waiting.push(path);
    return held.promise.then(() => one.order(5));
  };
  await until(() => waiting.length === 7);
  one.offset = 6;
  const before = countOf(load, 'l1');
  await until(() => countOf(load, 'l1') > before);
  held.resolve();
  await until(() => countOf(load, 'l1') >= before + 8);
  expect(load.tally.stale).toBe(0);
});

test('a server that holds one answer back is charged for every request that waits meanwhile', async () => {
  const one = service();
  const load = start(one.url, { rate: 1_000, connections: 1 });
  await until(() => countOf(load, 'l1') > 10);
  load.tally.restart();
  let holds = true;
  one.answer = async ({ path, headers }) => {
    if (holds) await Bun.sleep(200);
    holds = false;
    return one.usual({ path, headers });
  };
  await until(() => countOf(load, 'l1') > 250);
  // A closed loop would have one slow answer.
  expect(load.tally.all.p50).toBeGreaterThan(20);
});

test('a dead server is counted and waited for', async () => {
  const port = await freePort();
  const load = start(`http://127.0.0.1:${port}`, { connections: 2 });
  await until(() => load.tally.failures.unreachable > 1);
  service(port);
  await until(() => countOf(load, 'l1') > 0);
});

test('what says no is counted by kind, and a connection that the server has ended is opened again', async () => {
  const one = service();
  one.answer = ({ path }) => (path.includes('?') ? undefined : new Response(null, { status: 503 }));
  const load = start(one.url);
  await until(() => load.tally.failures.http_5xx > 0);
  expect(load.tally.failureTexts.http_5xx).toBe('answered with 503');
  one.answer = ({ path, headers }) => {
    const response = one.usual({ path, headers });
    response.headers.set('connection', 'close');
    return response;
  };
  await until(() => countOf(load, 'l1') > 20);
  one.answer = () => new Response('{}', { headers: { 'content-type': 'application/json' } });
  await until(() => load.tally.failures.malformed > 0);
  await load.stop(5_000);
  expect(Object.keys(load.tally.failureTexts).sort()).toEqual(['http_5xx', 'malformed']);
});

test('a stop ends what hangs, and counts what was due and not sent', async () => {
  const one = service();
  one.answer = () => new Promise<Response>(() => {});
  const load = start(one.url, { connections: 1 });
  await until(() => load.lateMs > 20);
  await load.stop(10);
  expect(load.tally.failures.unsent).toBeGreaterThan(1);
  expect(load.tally.failures.timeout).toBe(1);
  expect(load.lateMs).toBe(0);
});
