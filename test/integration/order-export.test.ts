import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { AppError } from '../../src/lib/app-error.ts';
import type { Order } from '../../src/order/order.ts';
import { createApp } from '../../src/server/app.ts';
import { type RunningServer, startServer } from '../../src/server/http/server.ts';
import { PostgresOrderListing } from '../../src/storage/postgresql/order-listing.ts';
import type { OrderListing } from '../../src/storage/stored-orders.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { StoredOrders } from '../helpers/stored-orders.ts';
import { until } from '../helpers/until.ts';

const ORDERS = 200_000;
const servers: RunningServer[] = [];
let stored: StoredOrders;
/** Pages asked for since the beginning. */
let pages = 0;
let counted: OrderListing;
let server: RunningServer;

beforeAll(async () => {
  stored = await StoredOrders.open();
  for (let from = 0; from < ORDERS; from += 4_000)
    await stored.add('o', from, from + 4_000, { customer_id: `'c' || n % 100` });
  const listing = new PostgresOrderListing(stored.database);
  counted = {
    summaries: (request) => listing.summaries(request),
    texts: (request) => {
      pages += 1;
      return listing.texts(request);
    },
  };
  server = serve(counted);
});

afterAll(async () => {
  await Promise.all(servers.map((one) => one.close(100)));
  await stored.close();
});

function serve(listing: OrderListing): RunningServer {
  const options = new FakeBackend().options({ listing });
  const listen = { host: '127.0.0.1', port: 0, maxBodyBytes: 10_000, requestTimeoutMs: 10_000 };
  const running = startServer(createApp(options), listen, silentLogger);
  servers.push(running);
  return running;
}

/** A connection that asks and reads nothing unless it is told to. */
async function ask(port: number, path: string) {
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  return socket;
}

test('200 000 orders, each once, in bounded memory', async () => {
  // At the end of each quarter: the first one warms everything up, and what is kept would show in the others.
  const kept: number[] = [];
  let lines = 0;
  const answer = await fetch(`${server.url}/api/v1/orders.ndjson`);
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="orders.ndjson"');
  const seen = new Uint8Array(ORDERS);
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    const whole = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) {
      const at = Number(/^\{"order_uid":"o(\d+)"/.exec(line)?.[1]);
      seen[at] = (seen[at] ?? 0) + 1;
    }
    lines += whole.length;
    if (lines >= ((kept.length + 1) * ORDERS) / 4) {
      Bun.gc(true);
      kept.push(process.memoryUsage.rss());
    }
  }
  expect(rest).toBe('');
  expect(seen.every((times) => times === 1)).toBe(true);
  // The export is 150 MB in all, and this process reads it, too.
  const [first = 0, ...later] = kept;
  expect(later.length).toBe(3);
  expect((Math.max(...later) - first) / 1e6).toBeLessThan(60);
});

test('a line is the order as a lookup gives it, and a filter is kept', async () => {
  const answer = await fetch(`${server.url}/api/v1/orders.ndjson?customer_id=c7&order=oldest`);
  const orders: Order[] = (await answer.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(orders.length).toBe(ORDERS / 100);
  expect(orders.every((one) => one.customer_id === 'c7')).toBe(true);
  expect(orders[0]).toMatchObject({ order_uid: 'o7', items: [{ rid: 'r7' }], payment: { amount: 1817 } });
});

test('CSV has a header and a line an order; a phone number is no formula unless asked for', async () => {
  const of = async (query: string) =>
    (await (await fetch(`${server.url}/api/v1/orders.csv?customer_id=c7${query}`)).text()).split('\r\n');
  const lines = await of('');
  expect(lines.length).toBe(ORDERS / 100 + 2);
  expect(lines[0]).toStartWith('order_uid,track_number,entry,delivery_name,delivery_phone,');
  expect(lines[1]).toContain(",'+9720000000,");
  expect((await of('&formulas=keep'))[1]).toContain(',+9720000000,');
  expect(lines.at(-1)).toBe('');
});

test('no order: an empty file; HEAD: the headers, and nothing is read', async () => {
  const none = await fetch(`${server.url}/api/v1/orders.ndjson?track_number=none`);
  expect([none.status, await none.text()]).toEqual([200, '']);
  const before = pages;
  const head = await fetch(`${server.url}/api/v1/orders.csv`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-disposition')]).toEqual([200, 'attachment; filename="orders.csv"']);
  expect(pages).toBe(before);
});

test('a client that does not read stops the export; one that goes away ends it, and makes room for another', async () => {
  const before = pages;
  // As many as are let in at once.
  const sockets = await Promise.all(Array.from({ length: 8 }, () => ask(server.port, '/api/v1/orders.ndjson')));
  let last = -1;
  // It comes to rest: socket buffers are full, and no page is asked for any more.
  await until(
    () => {
      const rests = pages === last && pages > before + 8;
      last = pages;
      return rests;
    },
    20_000,
    500,
  );
  expect(pages - before).toBeLessThan(8 * 40);
  const busy = await fetch(`${server.url}/api/v1/orders.ndjson`);
  expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '5']);
  for (const socket of sockets) socket.destroy();
  await until(async () => {
    const answer = await fetch(`${server.url}/api/v1/orders.ndjson?track_number=none`);
    await answer.text();
    return answer.status === 200;
  });
  const rested = pages;
  for (let request = 0; request < 20; request++) await fetch(`${server.url}/healthz`);
  expect(pages).toBe(rested);
});

test('PostgreSQL down at the beginning: 503; in the middle: the connection is reset, not ended', async () => {
  let calls = 0;
  const failing = (from: number): OrderListing => ({
    ...counted,
    summaries: counted.summaries,
    texts: async (request) => {
      calls += 1;
      if (calls >= from) throw new AppError('database_unavailable', 'gone', { retryable: true });
      return await counted.texts(request);
    },
  });
  expect((await fetch(`${serve(failing(1)).url}/api/v1/orders.ndjson`)).status).toBe(503);
  calls = 0;
  const socket = await ask(serve(failing(4)).port, '/api/v1/orders.ndjson');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
  expect(text).toStartWith('HTTP/1.1 200');
  expect(text.length).toBeGreaterThan(100_000);
  // The last chunk, of length 0, never came.
  expect(text).not.toEndWith('0\r\n\r\n');
});
