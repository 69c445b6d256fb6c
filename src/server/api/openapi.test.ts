import { describe, expect, test } from 'bun:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Type from 'typebox';
import Value from 'typebox/value';
import pkg from '../../../package.json' with { type: 'json' };
import { FakeBackend } from '../../../test/helpers/app-under-test.ts';
import { storedOrder } from '../../../test/helpers/stored-order.ts';
import { OrderSchema } from '../../order/order.ts';
import type { Json } from '../http/openapi.ts';
import { apiDocument } from './docs.ts';
import { AcceptedSchema, OrderListSchema } from './orders/schemas.ts';
import { ProblemSchema, ReadinessSchema } from './schemas.ts';

const document = JSON.parse(JSON.stringify(apiDocument(new FakeBackend().options().endpoints)));

test('is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
  expect((await new Validator().validate({ ...document, paths: { '/x': { get: 1 } } })).valid).toBe(false);
}, 60_000);

test('has the version of the service', () => {
  expect(document.info.version).toBe(pkg.version);
});

test('describes every route of the API there is', async () => {
  const described = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const app = new FakeBackend().app();
  const routes: string[] = [];
  for (const path of app.routes.keys()) {
    if (!/^\/(api|healthz|readyz|metrics|openapi)/.test(path)) continue;
    const { headers } = await app.request(path, { method: 'OPTIONS' });
    for (const method of headers.get('allow')?.split(', ') ?? [])
      if (method !== 'HEAD' && method !== 'OPTIONS') routes.push(`${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  }
  expect(described.sort()).toEqual(routes.sort());
});

test('every reference in it points at a schema, and no schema has a name of its own', () => {
  const text = JSON.stringify(document);
  const names = Object.keys(document.components.schemas);
  expect(names).toContain('DeadLetterSummary');
  const references = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect(new Set(references)).toEqual(new Set(names));
  expect(text).not.toContain('"$id"');
});

test('every media type has a schema, and every operation says whether it asks for the token', () => {
  const bare: string[] = [];
  for (const [path, methods] of Object.entries<Record<string, Json>>(document.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const bodies = [operation['requestBody'], ...Object.values(operation['responses'] ?? {})];
      for (const { content = {} } of bodies.filter((one) => one !== undefined) as { content?: object }[])
        for (const [type, media] of Object.entries(content))
          if (!('schema' in media)) bare.push(`${method} ${path}: ${type}`);
      if (!Array.isArray(operation['security'])) bare.push(`${method} ${path}: security`);
    }
  expect(bare).toEqual([]);
});

test('a parameter with a default is optional, a path parameter is not', () => {
  expect(document.paths['/api/v1/orders'].get.parameters[0]).toMatchObject({
    name: 'limit',
    required: false,
  });
  expect(document.paths['/api/v1/dead-letters/{position}'].get).toMatchObject({
    parameters: [{ name: 'position', in: 'path', required: true }],
    security: [{ token: [] }, {}],
  });
});

describe('one convention for the whole API', () => {
  const kinds = (schema: Json): string => {
    const choices = Array.isArray(schema['anyOf']) ? schema['anyOf'] : [schema];
    return choices.map(({ type, format }) => (format === undefined ? type : `${type} ${format}`)).join(' | ');
  };
  const members: [string, string][] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { properties } = { properties: {}, ...value };
    for (const [name, schema] of Object.entries<Json>(properties)) members.push([name, kinds(schema)]);
    for (const one of Object.values(value)) collect(one);
  };
  collect(document);
  const kindsOf = (pattern: RegExp) => new Set(members.flatMap(([name, kind]) => (pattern.test(name) ? kind : [])));

  test('offsets are numbers', () => {
    expect([...kindsOf(/^(offset|start|end|committed|stored)$/)].sort()).toEqual(['integer', 'integer | null']);
  });

  test('instants are RFC 3339 text', () => {
    // Of the filters of dead letters `since` and `until` may be ages, too.
    expect([...kindsOf(/^(at|\w+_at|since|until|timestamp|\w+_since)$/)].sort()).toEqual([
      'string date-time',
      'string date-time | null',
      'string date-time | string',
    ]);
  });

  test('a page is asked for with cursor, and says next_cursor', () => {
    expect([...kindsOf(/^next_cursor$/)]).toEqual(['string | null']);
    const answers = Object.entries<Json>(document.components.schemas).filter(([name]) => !name.endsWith('Request'));
    expect(JSON.stringify(answers)).not.toContain('"cursor":');
  });
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
