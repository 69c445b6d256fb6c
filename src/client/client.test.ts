import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { createClient } from 'test-service/client';
import { FakeBackend } from '../../test/helpers/app-under-test.ts';
import { clientTypesNow } from '../../test/helpers/client-types-now.ts';
import { storedOrder } from '../../test/helpers/stored-order.ts';
import { type RunningServer, startServer } from '../server/http/server.ts';
import { silentLogger } from '../telemetry/logger.ts';

const TOKEN = 'a-token-to-be-kept-secret';
let server: RunningServer;

beforeAll(() => {
  const app = new FakeBackend().add(storedOrder('a')).app({ token: TOKEN });
  const limits = { host: '127.0.0.1', port: 0, maxBodyBytes: 100_000, requestTimeoutMs: 5_000 };
  server = startServer(app, limits, silentLogger);
});

afterAll(() => server.close(0));

test('the types are those of the endpoints as they are; if not: make client', () => {
  const written = readFileSync(new URL('./schema.generated.ts', import.meta.url), 'utf8');
  expect(written).toBe(clientTypesNow());
});

test('the example of the README', async () => {
  const client = createClient(server.url, { token: TOKEN });

  const { data: order, error } = await client.GET('/api/v1/orders/{order_uid}', {
    params: { path: { order_uid: 'a' } },
  });
  if (order === undefined) throw new Error(error.detail);
  const amount: number = order.payment.amount;
  expect(amount).toBe(1817);

  const sent = await client.POST('/api/v1/orders', { body: { ...order, order_uid: 'b' } });
  expect([sent.response.status, sent.data?.order_uid]).toEqual([202, 'b']);
});

test('an error is a problem document with its type', async () => {
  const client = createClient(server.url);
  const absent = await client.POST('/api/v1/orders/lookup', { body: { order_uid: 'absent' } });
  expect(absent.data).toBeUndefined();
  expect(absent.error?.type).toBe('/problems/order-not-found');
  // @ts-expect-error: an order_uid is text.
  const wrong = await client.POST('/api/v1/orders/lookup', { body: { order_uid: 5 } });
  expect(wrong.error?.violations).toEqual([{ in: 'body', pointer: '/order_uid', message: 'must be string' }]);
  expect((await client.GET('/api/v1/dead-letters/counts')).error?.type).toBe('/problems/token-required');
});
