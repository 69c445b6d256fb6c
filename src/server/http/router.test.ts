import { expect, test } from 'bun:test';
import { LiteralFirstRouter } from './router.ts';

test('a path without parameters wins, and has the methods it has', () => {
  const router = new LiteralFirstRouter<string>();
  router.add('GET', '/a/:id', 'one');
  router.add('GET', '/a/counts', 'counts');
  router.add('POST', '/a/lookup', 'lookup');
  const handlers = (method: string, path: string) =>
    router.match(method, path)[0].map(([handler]) => handler);
  expect(handlers('GET', '/a/7')).toEqual(['one']);
  expect(handlers('GET', '/a/counts')).toEqual(['counts']);
  expect(handlers('POST', '/a/lookup')).toEqual(['lookup']);
  expect(handlers('GET', '/a/lookup')).toEqual([]);
  expect(handlers('POST', '/a/7')).toEqual([]);
});
