import { expect, test } from 'bun:test';
import Type from 'typebox';
import Value from 'typebox/value';
import { FakeBackend } from '../../test/helpers/app-under-test.ts';
import { storedOrder } from '../../test/helpers/stored-order.ts';
import { OrderSchema } from '../order/order.ts';
import { openApiDocument } from './openapi.ts';
import { AcceptedSchema, OrderListSchema, ProblemSchema, ReadinessSchema } from './schemas.ts';

test('describes every route there is, and no other', () => {
  const document = openApiDocument();
  const described = Object.entries(document['paths'] as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = new FakeBackend()
    .app()
    .routes.filter(({ method, path }) => method !== 'ALL' && /^\/(api|healthz|readyz|openapi)/.test(path))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  expect(described.sort()).toEqual([...new Set(routes)].sort());
});

test('every reference in it points at a schema', () => {
  const text = JSON.stringify(openApiDocument());
  const { schemas } = openApiDocument()['components'] as { schemas: Record<string, object> };
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    expect(Object.keys(schemas)).toContain(name ?? '');
  }
});

test('answers are what their schemas say', async () => {
  const backend = new FakeBackend().add(storedOrder('a'));
  const app = backend.app();
  const json = async (path: string, init?: RequestInit) => (await app.request(path, init)).json();
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const { order } = storedOrder('b');
  const answers: [object, unknown][] = [
    [OrderSchema, await json('/api/v1/orders/a')],
    [OrderListSchema, await json('/api/v1/orders')],
    [AcceptedSchema, await json('/api/v1/orders', { ...post, body: JSON.stringify(order) })],
    [ReadinessSchema, await json('/readyz')],
    [ProblemSchema, await json('/api/v1/orders/absent')],
    [ProblemSchema, await json('/api/v1/orders', { ...post, body: '{}' })],
  ];
  for (const [schema, answer] of answers) {
    expect([...Value.Errors(Type.Unsafe(schema), answer)]).toEqual([]);
  }
  expect(Value.Check(Type.Unsafe(ProblemSchema), {})).toBe(false);
});
