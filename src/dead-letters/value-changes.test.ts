import { expect, test } from 'bun:test';
import { changesBetween } from './value-changes.ts';

const between = (from: unknown, to: unknown) =>
  changesBetween(Buffer.from(JSON.stringify(from)), Buffer.from(JSON.stringify(to)));

test('what was changed, added and removed, by its pointer', () => {
  expect(between({ a: 1, 'b/c': [1, 2], d: null }, { a: 2, 'b/c': [1], e: { f: 'x' } })).toEqual([
    { pointer: '/a', from: '1', to: '2' },
    { pointer: '/b~1c/1', from: '2', to: null },
    { pointer: '/d', from: 'null', to: null },
    { pointer: '/e', from: null, to: '{"f":"x"}' },
  ]);
  expect(between({ a: 1 }, { a: 1 })).toEqual([]);
  expect(between({ a: 1 }, [1])).toEqual([{ pointer: '', from: '{"a":1}', to: '[1]' }]);
  expect(between({}, JSON.parse('{"__proto__":1}'))).toEqual([{ pointer: '/__proto__', from: null, to: '1' }]);
});

test('is bounded, and of JSON only', () => {
  const changes = between({}, Object.fromEntries(Array.from({ length: 99 }, (_, at) => [at, 'x'.repeat(999)])));
  expect([changes?.length, changes?.[0]?.to?.length]).toEqual([20, 201]);
  expect(changesBetween(null, Buffer.from('1'))).toBeUndefined();
  expect(changesBetween(Buffer.from('{half'), Buffer.from('1'))).toBeUndefined();
});
