import { expect, test } from 'bun:test';
import { storedDocument } from '../../../test/helpers/stored-order.ts';
import { answer } from '../http/handler.ts';
import { ServerCounters } from './counters.ts';

test('lookups are counted by tier, and what is found at once stays at once', async () => {
  const counters = new ServerCounters();
  const lookup = counters.countLookups({
    kept: (uid) => (uid === 'kept' ? { ...storedDocument(uid), tier: 'l1' } : undefined),
    find: (uid) => {
      if (uid === 'l1') return { ...storedDocument('l1'), tier: 'l1' };
      if (uid === 'down') return Promise.reject(new Error('down'));
      return Promise.resolve(uid === 'none' ? undefined : { ...storedDocument(uid), tier: 'postgresql' as const });
    },
  });
  expect(lookup.find('l1')).not.toBeInstanceOf(Promise);
  expect([lookup.kept('kept')?.tier, lookup.kept('l1')]).toEqual(['l1', undefined]);
  await Promise.allSettled(['a', 'b', 'none', 'down'].map((uid) => lookup.find(uid)));
  expect(counters.lookups).toEqual({ l1: 2, redis: 0, postgresql: 2, absent: 1, failed: 1 });
});

test('responses are counted by class', async () => {
  const counters = new ServerCounters();
  const serve = (request: Request) => {
    const response = new Response(null, { status: Number(new URL(request.url).pathname.slice(1)) });
    return request.method === 'POST' ? Promise.resolve(response) : response;
  };
  const handler = counters.countResponses({ routes: new Map(), find: () => ({ serve }) });
  for (const status of [200, 204, 304, 404, 503])
    for (const method of ['GET', 'POST']) await answer(handler, new Request(`http://x/${status}`, { method }));
  expect(counters.responses).toEqual({ '2xx': 4, '3xx': 2, '4xx': 2, '5xx': 2 });
});

test('what one process has counted is added to what another has, once', () => {
  const [first, other] = [new ServerCounters(), new ServerCounters()];
  first.lookups.l1 = 1;
  other.lookups.l1 = 2;
  other.responses['2xx'] = 3;
  const taken = other.take();
  if (taken !== undefined) first.add(taken);
  expect(first.lookups.l1).toBe(3);
  expect(first.responses['2xx']).toBe(3);
  expect(other.take()).toBeUndefined();
  other.responses['5xx'] = 1;
  expect(other.take()?.responses).toEqual({ '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 1 });
});
