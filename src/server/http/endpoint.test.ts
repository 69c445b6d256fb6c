import { expect, test } from 'bun:test';
import Type from 'typebox';
import { endpoint } from './endpoint.ts';

test('a reply that its endpoint does not describe does not compile', () => {
  const spec = {
    method: 'get',
    path: '/one',
    operationId: 'one',
    summary: 'One',
    tag: 'test',
    access: 'open',
    query: Type.Object({ id: Type.Integer() }),
    responses: {
      200: { description: 'One', schema: Type.Object({ id: Type.Integer() }) },
      304: { description: 'Unchanged' },
    },
  } as const;
  const endpoints = [
    endpoint(spec, ({ query }) => ({ status: 200, json: { id: query.id } })),
    endpoint(spec, async ({ query }) => (query.id === 0 ? { status: 304 } : { status: 200, body: '{"id":1}' })),
    // @ts-expect-error: its id is a number
    endpoint(spec, ({ query }) => ({ status: 200, json: { id: String(query.id) } })),
    // @ts-expect-error: its id is missing
    endpoint(spec, async () => ({ status: 200, json: {} })),
    // @ts-expect-error: 304 has no JSON
    endpoint(spec, ({ query }) => ({ status: 304, json: { id: query.id } })),
    // @ts-expect-error: 201 is not described
    endpoint(spec, ({ query }) => ({ status: 201, json: { id: query.id } })),
  ];
  expect(endpoints).toHaveLength(6);
});
