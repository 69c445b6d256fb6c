import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { createOrderIntake } from '../../src/server/api/orders/order-intake.ts';
import { createApp } from '../../src/server/app.ts';
import { type RunningServer, startServer } from '../../src/server/http/server.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { sampleOrder, sampleOrders } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';
import { WritePath } from '../helpers/write-path.ts';

const PATH = '/api/v1/orders/bulk';
const NDJSON = { 'content-type': 'application/x-ndjson' };
let path: WritePath;
let server: RunningServer;

beforeAll(async () => {
  path = await WritePath.open();
  const options = new FakeBackend().options({ intake: createOrderIntake(path.sender, path.place.topic) });
  const listen = { host: '127.0.0.1', port: 0, maxBodyBytes: 10_000, requestTimeoutMs: 10_000 };
  server = startServer(createApp(options), listen, silentLogger);
});

afterAll(async () => {
  await server.close(100);
  await path.close();
});

/** A request that is written by hand, and read when it is told to. */
function open() {
  const socket = connect(server.port, '127.0.0.1');
  let received = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.write(
    `POST ${PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n`,
  );
  const write = (text: string): boolean => socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
  return { socket, write, received: () => received };
}

test('orders of a long stream are in the topic, and stored, each as its verdict says', async () => {
  const orders = sampleOrders(3_000, 'bulk');
  const body = orders.map((order) => `${JSON.stringify(order)}\n`).join('');
  const answer = await fetch(server.url + PATH, { method: 'POST', headers: NDJSON, body });
  const lines = (await answer.text()).trimEnd().split('\n');
  const verdicts = lines.slice(0, -1).map((line) => JSON.parse(line));
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
    summary: { lines: 3_000, accepted: 3_000, rejected: 0, failed: 0, complete: true },
  });
  expect(verdicts.map((one) => one.order_uid)).toEqual(orders.map((one) => one.order_uid));
  path.start();
  await path.drained();
  expect(await path.differencesFrom(orders)).toEqual([]);
  const stored = await path.stored();
  for (const { order_uid, partition, offset } of verdicts.slice(0, 100))
    expect(stored.get(order_uid)?.origin).toMatchObject({ partition, offset: BigInt(offset) });
});

test('a verdict comes while the body is still open', async () => {
  const { socket, write, received } = open();
  for (const uid of ['one', 'two']) {
    write(`${JSON.stringify(sampleOrder(uid))}\n`);
    await until(() => received().includes(`"order_uid":"${uid}"`));
  }
  expect(received()).not.toContain('summary');
  socket.write('0\r\n\r\n');
  await until(() => received().includes('"complete":true'));
  socket.destroy();
});

test('a client that writes and never reads is not read from for ever, and memory stays flat', async () => {
  const { socket, write } = open();
  socket.pause();
  // Lines that are rejected have long verdicts: they fill the way back soon.
  const text = '{"order_uid":"x"}\n'.repeat(3_000);
  const before = process.memoryUsage.rss();
  let written = 0;
  let blocked = false;
  while (!blocked && written < 400_000_000) {
    written += text.length;
    if (!write(text)) {
      let drained = false;
      socket.once('drain', () => {
        drained = true;
      });
      blocked = await until(() => drained, 2_000).then(
        () => false,
        () => true,
      );
    }
  }
  expect(blocked).toBe(true);
  // What is kept counts, not what waits to be collected.
  Bun.gc(true);
  expect((process.memoryUsage.rss() - before) / 1e6).toBeLessThan(120);
  socket.destroy();
  // The server is well, and its place is free again.
  const again = () => fetch(server.url + PATH, { method: 'POST', headers: NDJSON, body: '\n' });
  await until(async () => (await again()).status === 200);
});

test('a body far longer than any other may be, one endless line in it, in bounded memory', async () => {
  const before = process.memoryUsage.rss();
  let most = 0;
  const piece = new Uint8Array(1_000_000).fill(0x78);
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent += 1;
      if (sent % 25 === 0) {
        // What is kept counts, not what waits to be collected.
        Bun.gc(true);
        most = Math.max(most, process.memoryUsage.rss());
      }
      if (sent <= 150) return controller.enqueue(piece);
      controller.enqueue(new TextEncoder().encode(`\n${JSON.stringify(sampleOrder('after'))}`));
      controller.close();
    },
  });
  const answer = await fetch(server.url + PATH, {
    method: 'POST',
    headers: NDJSON,
    body,
  });
  const text = await answer.text();
  expect(text).toContain('{"line":1,"status":"rejected","reason":"too_large"');
  expect(text).toContain('"order_uid":"after"');
  expect((most - before) / 1e6).toBeLessThan(100);
});
