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

function requests(counters: ServerCounters): string[] {
  return counters.requests.map(
    ({ labels: { method, route, code }, distribution }) => `${method} ${route} ${code}: ${distribution.count}`,
  );
}

test('requests are counted by method, route and status, whether they are answered at once or later', async () => {
  const counters = new ServerCounters();
  const serve = (request: Request) => {
    const response = new Response(null, { status: Number(new URL(request.url).pathname.slice(1)) });
    return request.method === 'POST' ? Promise.resolve(response) : response;
  };
  const handler = counters.countRequests({ routes: new Map(), find: () => ({ path: '/{status}', serve }) });
  for (const status of [200, 404])
    for (const method of ['GET', 'POST']) await answer(handler, new Request(`http://x/${status}`, { method }));
  await answer(handler, new Request('http://x/200'));
  expect(requests(counters).sort()).toEqual([
    'GET /{status} 200: 2',
    'GET /{status} 404: 1',
    'POST /{status} 200: 1',
    'POST /{status} 404: 1',
  ]);
  expect(counters.responses).toEqual({ '2xx': 3, '3xx': 0, '4xx': 2, '5xx': 0 });
});

test('what one process has counted is added to what another has, once', async () => {
  const [first, other] = [new ServerCounters(), new ServerCounters()];
  first.lookups.l1 = 1;
  other.lookups.l1 = 2;
  const route = { path: '/', serve: () => new Response() };
  const handler = other.countRequests({ routes: new Map([['/', route]]), find: () => route });
  await answer(handler, new Request('http://x/'));
  const taken = other.take();
  if (taken !== undefined) first.add(structuredClone(taken));
  expect(first.lookups.l1).toBe(3);
  expect(requests(first)).toEqual(['GET / 200: 1']);
  expect(other.take()).toBeUndefined();
  await answer(handler, new Request('http://x/'));
  expect(other.take()?.requests.map(({ distribution }) => distribution.counts.reduce((a, b) => a + b))).toEqual([1]);
});
