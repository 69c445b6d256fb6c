import { expect, test } from 'bun:test';
import Type, { type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import sample from '../../test/fixtures/order.json';
import { violationsOf } from '../lib/violations.ts';
import { checkOrder } from './check.ts';
import { RULES, ruleOf } from './wording.ts';

test('every text is told from all others', () => {
  const values: Record<string, string> = {
    token: '}',
    text: 'any thing',
    values: 'a, b',
    types: 'a or b',
    path: '/a b',
  };
  const said = Object.entries(RULES).map(([rule, text]) => [
    rule,
    text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '-17'),
  ]);
  expect(said.map(([, text = '']) => `${ruleOf(text)?.rule}`)).toEqual(said.map(([rule = '']) => rule));
  expect(ruleOf('is 17, the items add up to 18')?.values).toEqual({ is: '17', sum: '18' });
  expect(ruleOf('must be prettier than this')).toBeUndefined();
});

test('what schemas say is among them', () => {
  const broken: readonly [TSchema, unknown][] = [
    [Type.Integer(), 'one'],
    [Type.Unsafe({ type: ['string', 'null'] }), 1],
    [Type.Integer({ minimum: 1 }), 0],
    [Type.Integer({ maximum: 1 }), 2],
    [Type.Number({ exclusiveMinimum: 0 }), 0],
    [Type.Number({ exclusiveMaximum: 0 }), 0],
    [Type.Integer({ multipleOf: 2 }), 1],
    [Type.String({ minLength: 1 }), ''],
    [Type.String({ maxLength: 1 }), 'ab'],
    [Type.String({ pattern: '^a b$' }), 'c'],
    [Type.String({ format: 'date-time' }), 'c'],
    [Type.Array(Type.String(), { minItems: 1 }), []],
    [Type.Array(Type.String(), { maxItems: 0 }), ['a']],
    [Type.Array(Type.String(), { uniqueItems: true }), ['a', 'a']],
    [Type.Object({}, { minProperties: 1 }), {}],
    [Type.Object({}, { maxProperties: 0 }), { a: 1 }],
    [Type.Object({}, { additionalProperties: false }), { a: 1 }],
    [Type.Object({ a: Type.String() }), {}],
    [Type.Literal('a'), 'b'],
    [Type.Enum(['a', 'b c']), 'd'],
  ];
  for (const [schema, value] of broken) {
    const [found] = violationsOf(Compile(schema).Errors(value));
    expect([found?.message, ruleOf(found?.message ?? '')]).toEqual([expect.any(String), expect.any(Object)]);
  }
});

test('what is said of orders is among them', () => {
  const text = JSON.stringify(sample);
  const values = [
    null,
    '',
    text.slice(0, 200),
    text.slice(0, -1),
    text.replaceAll('"', "'"),
    '{order_uid: 1}',
    Buffer.from([0xff]),
    Buffer.alloc(600_000, ' '),
    `${'['.repeat(9_000)}${']'.repeat(9_000)}`,
    `[${'1,'.repeat(30_000)}1]`,
    '{}',
    '42',
    text.replace('"sm_id":99', '"sm_id":"99"'),
    text.replace('"sm_id":99', '"sm_id":9007199254740993'),
    text.replace('"sm_id":99', '"sm_id":99,"strange":1'),
    text.replace('"goods_total":317', '"goods_total":318'),
    text.replace('"amount":1817', '"amount":1816'),
    text.replace('Test Testov', 'Test\\u0000Testov'),
    text.replace('Test Testov', 'Test \\ud83d'),
    text.replace('2021-11-26', '2021-02-29'),
    text.replace('2021-11-26', '9021-11-26'),
  ];
  for (const value of values) {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    const check = checkOrder(bytes, { maxBytes: 524_288, now: () => Date.UTC(2026, 0, 1) });
    const said = check.accepted ? ['accepted'] : check.violations.flatMap(({ message }) => message.split('; '));
    expect(said.filter((one) => ruleOf(one) === undefined)).toEqual([]);
  }
});
