import { describe, expect, test } from 'bun:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import pkg from '../../package.json' with { type: 'json' };
import { FakeBackend } from '../../test/helpers/app-under-test.ts';
import { storedOrder } from '../../test/helpers/stored-order.ts';
import { AppError } from '../lib/app-error.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { problemsOf } from './api/docs.ts';
import { createReadiness } from './api/service/readiness.ts';
import type { AppOptions } from './app.ts';
import { endpoint } from './http/endpoint.ts';

const TOKEN = 'a-token-to-be-kept-secret';
const JSON_TYPE = { 'content-type': 'application/json' };

/** Status, the last part of `type`, and the document of a problem response. */
async function problem(response: Response | Promise<Response>) {
  const answer = await response;
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const document = await answer.json();
  expect(document.status).toBe(answer.status);
  return { status: answer.status, name: document.type.replace('/problems/', ''), document, answer };
}

describe('paths and methods', () => {
  test('an unknown path is a problem of another type than an unknown order', async () => {
    const app = new FakeBackend().app();
    expect((await problem(app.request('/nothing'))).name).toBe('not-found');
    expect((await problem(app.request('/api/v1/nothing'))).name).toBe('not-found');
    expect((await problem(app.request('/api/v1/orders/absent'))).name).toBe('order-not-found');
  });

  test('a method the path does not take: 405 with Allow', async () => {
    const app = new FakeBackend().app();
    const wrong = await problem(app.request('/api/v1/orders', { method: 'DELETE' }));
    expect([wrong.status, wrong.name]).toEqual([405, 'method-not-allowed']);
    expect(wrong.answer.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'HEAD', 'OPTIONS', 'POST']);
    expect((await app.request('/healthz', { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });

  test('OPTIONS names the methods of a path', async () => {
    const app = new FakeBackend().app();
    const options = await app.request('/api/v1/orders/lookup', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST, OPTIONS']);
    expect((await app.request('/nothing', { method: 'OPTIONS' })).status).toBe(404);
  });

  test('every problem type has a page', async () => {
    const backend = new FakeBackend();
    const app = backend.app();
    for (const { name, title } of problemsOf(backend.options().endpoints))
      expect(await (await app.request(`/problems/${name}`)).text()).toContain(title);
  });
});

describe('parameters', () => {
  const violations = async (path: string) => {
    const { name, document } = await problem(new FakeBackend().app().request(path));
    expect(name).toBe('bad-request');
    return document.violations.map((one: { in: string; pointer: string }) => `${one.in} ${one.pointer}`).sort();
  };

  test('everything that is wrong with them is said at once', async () => {
    expect(await violations('/api/v1/dead-letters?reason=because&limit=0&limt=5&since=%zz')).toEqual(
      ['query limt', 'query since', 'query reason', 'query limit'].sort(),
    );
  });

  test('are unknown where there are none', async () => {
    expect(await violations('/healthz?verbose=1')).toEqual(['query verbose']);
    expect(await violations('/api/v1/orders/a?limit=1')).toEqual(['query limit']);
    const health = await new FakeBackend().app().request('/healthz?');
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok', version: pkg.version }]);
  });

  test('are those that are described, whatever an object has by nature', async () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
      for (const path of ['/api/v1/orders', '/healthz', '/api/v1/dead-letters'])
        expect(await violations(`${path}?${name}=1`)).toEqual([`query ${name}`]);
  });

  test('given twice are refused, unless they are lists', async () => {
    expect(await violations('/api/v1/orders?limit=1&limit=2')).toEqual(['query limit']);
    const lists = ['reason=schema&reason=not_json', 'reason=schema,not_json'];
    for (const query of lists) {
      const backend = new FakeBackend();
      expect((await backend.app().request(`/api/v1/dead-letters/counts?${query}`)).status).toBe(200);
      expect(backend.deadLetters.asked).toEqual([{ counts: { reasons: ['schema', 'not_json'] } }]);
    }
  });
});

describe('who may ask', () => {
  const ask = (host: string, url: string) =>
    new FakeBackend().app({ host }).request(url, { headers: { host: new URL(url).host } });

  test('a name that anyone can point at this address is refused', async () => {
    for (const name of ['localhost:8001', '127.0.0.1:9', '[::1]:8001', 'LOCALHOST', '192.168.0.7:8001']) {
      expect((await ask('127.0.0.1', `http://${name}/healthz`)).status).toBe(200);
    }
    for (const name of ['evil.example:8001', '127.0.0.1.evil.example', 'db8.evil.example']) {
      expect((await problem(ask('127.0.0.1', `http://${name}/healthz`))).name).toBe('wrong-host');
    }
    expect((await ask('::1', 'http://[::1]:1/healthz')).status).toBe(200);
  });

  test('a rebound host name is refused off the loopback, too, but for those that are allowed', async () => {
    const app = (host: string, allowedHosts: string[] = []) =>
      new FakeBackend().app({ host, token: TOKEN, allowedHosts });
    const at = (host: string) => ({ headers: { host } });
    const refused = app('0.0.0.0').request('/healthz', at('orders.example'));
    expect((await problem(refused)).name).toBe('wrong-host');
    for (const own of ['10.0.0.7:8001', '[2001:db8::7]', 'localhost'])
      expect((await app('0.0.0.0').request('/healthz', at(own))).status).toBe(200);
    const allowed = app('0.0.0.0', ['orders.example']).request('/healthz', at('Orders.example:80'));
    expect((await allowed).status).toBe(200);
    const boundTo = app('orders.internal').request('/healthz', at('orders.internal:8001'));
    expect((await boundTo).status).toBe(200);
  });

  test('reads off the loopback ask for the token, but for health, readiness and the files of the console', async () => {
    const opened = async (changes: Partial<AppOptions>) => {
      const backend = new FakeBackend().add(storedOrder('a'));
      const { endpoints } = backend.options();
      const app = backend.app({ token: TOKEN, ...changes });
      const paths = new Set(endpoints.filter(({ spec }) => spec.method === 'get').map(({ spec }) => spec.path));
      const open: string[] = [];
      for (const path of [...paths, '/', '/orders', '/docs', '/openapi.json', '/assets/app-1.js']) {
        const { status, body } = await app.request(path.replaceAll(/\{\w+\}/g, 'a'));
        await body?.cancel();
        if (status !== 401) open.push(path);
      }
      return open.sort();
    };
    const always = ['/', '/assets/app-1.js', '/docs', '/healthz', '/orders', '/readyz'];
    expect(await opened({ host: '0.0.0.0' })).toEqual(always);
    const reads = [
      '/api/v1/orders',
      '/api/v1/orders.csv',
      '/api/v1/orders.ndjson',
      '/api/v1/orders/states',
      '/api/v1/orders/{order_uid}',
      '/metrics',
      '/openapi.json',
    ];
    expect(await opened({ host: '0.0.0.0', openReads: true })).toEqual([...always, ...reads].sort());
    expect(await opened({ host: '127.0.0.1' })).toEqual([...always, ...reads].sort());
  });

  test('bound to anything else, never without a token that is worth the name', () => {
    for (const token of ['', 'x', 'fifteen-letters']) {
      expect(() => new FakeBackend().app({ host: '0.0.0.0', token })).toThrow(
        expect.objectContaining({ code: 'config_invalid' }),
      );
    }
    expect(() => new FakeBackend().app({ host: '0.0.0.0', token: '' })).toThrow('TEST_SERVICE_SERVER_TOKEN');
  });

  test('bound to anything else, orders are taken from who has the token', async () => {
    const order = JSON.stringify(storedOrder('a').order);
    const send = (host: string, headers: Record<string, string>) =>
      new FakeBackend()
        .app({ host, token: TOKEN })
        .request('/api/v1/orders', { method: 'POST', body: order, headers: { ...JSON_TYPE, ...headers } });
    expect((await problem(send('0.0.0.0', {}))).name).toBe('token-required');
    expect((await send('0.0.0.0', { authorization: `Bearer ${TOKEN}` })).status).toBe(202);
    expect((await send('127.0.0.1', {})).status).toBe(202);
  });

  test('a POST from another site is refused, before it is read', async () => {
    const app = new FakeBackend().add(storedOrder('a')).app();
    const post = (headers: Record<string, string>) =>
      app.request('http://localhost:8001/api/v1/orders/lookup', {
        method: 'POST',
        headers: { host: 'localhost:8001', ...JSON_TYPE, ...headers },
        body: '{"order_uid":"a"}',
      });
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'http://evil.example' },
      { origin: 'http://localhost:9999' },
      { origin: 'null' },
    ] as Record<string, string>[]) {
      expect((await problem(post(headers))).name).toBe('cross-origin');
    }
    expect((await post({})).status).toBe(200);
    expect((await post({ 'sec-fetch-site': 'same-origin', origin: 'http://localhost:8001' })).status).toBe(200);
  });
});

describe('every response', () => {
  test('carries the security headers, errors too; pages have a policy', async () => {
    const app = new FakeBackend().add(storedOrder('a')).app();
    for (const path of ['/', '/healthz', '/api/v1/orders/a', '/nothing', '/api/v1/orders/absent']) {
      const { headers } = await app.request(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    }
    for (const path of ['/', '/orders/a']) {
      const { headers } = await app.request(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe');
      expect(policy).toContain("frame-ancestors 'none'");
      expect(headers.get('x-frame-options')).toBe('DENY');
    }
  });

  test('a failure of ours tells the client an instance and nothing else; the log has the rest', async () => {
    const backend = new FakeBackend();
    backend.databaseFailure = new Error('password of postgres://u:secret@h');
    const logged: object[] = [];
    const logger = { ...silentLogger, error: (fields: object) => void logged.push(fields) };
    const { status, document } = await problem(backend.app({ logger }).request('/api/v1/orders/a'));
    expect(status).toBe(500);
    expect(JSON.stringify(document)).not.toContain('secret');
    expect(document.instance).toStartWith('urn:uuid:');
    expect(logged).toMatchObject([{ instance: document.instance, path: '/api/v1/orders/a' }]);
  });

  test('an answer that takes too long: 503', async () => {
    const backend = new FakeBackend();
    backend.gate = new Promise(() => {});
    const late = await problem(backend.app({ requestTimeoutMs: 20 }).request('/api/v1/orders/a'));
    expect([late.status, late.name]).toEqual([503, 'timed-out']);
    expect(Number(late.answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('a stream that comes too late is cancelled: nobody will read it', async () => {
    const coming = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    const late = endpoint(
      {
        method: 'get',
        path: '/late',
        operationId: 'late',
        summary: 'Late',
        tag: 'test',
        access: 'open',
        streams: true,
        responses: { 200: { description: 'A stream', contentTypes: ['text/plain'] } },
      },
      async () => {
        await coming.promise;
        return { status: 200, body: new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve() }) };
      },
    );
    const app = new FakeBackend().app({ endpoints: [late], requestTimeoutMs: 20 });
    expect((await app.request('/late')).status).toBe(503);
    coming.resolve();
    await cancelled.promise;
  });

  test('more requests at once than allowed: 503, until there is room again', async () => {
    const backend = new FakeBackend().add(storedOrder('a'));
    const gate = Promise.withResolvers<void>();
    backend.gate = gate.promise;
    const app = backend.app({ maxConcurrentRequests: 2 });
    const get = () => app.request('/api/v1/orders/a');
    const first = [get(), get()];
    const refused = await problem(get());
    expect([refused.status, refused.name]).toEqual([503, 'overloaded']);
    gate.resolve();
    expect((await Promise.all(first)).map((one) => one.status)).toEqual([200, 200]);
    expect((await get()).status).toBe(200);
  });

  test('a body that does not arrive: 408, and the connection is closed', async () => {
    const app = new FakeBackend().app({ requestTimeoutMs: 20 });
    const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) });
    const late = await problem(app.request('/api/v1/orders/lookup', { method: 'POST', headers: JSON_TYPE, body }));
    expect([late.status, late.name]).toEqual([408, 'request-timeout']);
    expect(late.answer.headers.get('connection')).toBe('close');
  });
});

describe('readiness', () => {
  test('says which engine is down, and is unavailable only without PostgreSQL', async () => {
    const backend = new FakeBackend();
    const app = backend.app();
    const ready = async () => {
      const answer = await app.request('/readyz');
      const { status, engines } = await answer.json();
      return [
        answer.status,
        status,
        Object.fromEntries(engines.map((one: { name: string; status: string }) => [one.name, one.status])),
      ];
    };
    expect(await ready()).toEqual([200, 'ok', { postgresql: 'up', kafka: 'up', redis: 'up' }]);
    backend.down.add('kafka').add('redis');
    expect(await ready()).toEqual([200, 'degraded', { postgresql: 'up', kafka: 'down', redis: 'down' }]);
    backend.down.add('postgresql');
    expect((await ready()).slice(0, 2)).toEqual([503, 'unavailable']);
    expect(JSON.stringify(await (await app.request('/readyz')).json())).not.toContain('secret');
    expect((await app.request('/healthz')).status).toBe(200);
  });

  test('an engine that hangs is down; looks at the same time are one look', async () => {
    let looks = 0;
    const hanging = {
      name: 'postgresql',
      required: true,
      check: () => {
        looks++;
        return new Promise<undefined>(() => {});
      },
    } as const;
    const readiness = createReadiness([hanging], silentLogger, { timeoutMs: 20, keepMs: 1000 });
    const app = new FakeBackend().app({ readiness });
    const answers = await Promise.all([app.request('/readyz'), app.request('/readyz')]);
    expect(answers.map((one) => one.status)).toEqual([503, 503]);
    expect((await app.request('/readyz')).status).toBe(503);
    expect(looks).toBe(1);
  });
});

describe('the web client', () => {
  test('the page at / and at an order’s address is revalidated, the files are kept for good', async () => {
    const app = new FakeBackend().app();
    for (const path of ['/', '/orders', '/orders/a%2Fb', '/orders/a?view=json']) {
      const page = await app.request(path);
      expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    }
    expect((await app.request('/', { headers: { 'if-none-match': '"p"' } })).status).toBe(304);
    const script = await app.request('/assets/app-1.js');
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect((await problem(app.request('/assets/app-2.js'))).name).toBe('not-found');
  });
});

describe('codings', () => {
  const get = (path: string, accept: string, more: Record<string, string> = {}) => {
    const backend = new FakeBackend();
    for (let at = 0; at < 20; at++) backend.add(storedOrder(`o${at}`));
    return backend.app().request(path, { headers: { 'accept-encoding': accept, ...more } });
  };
  const bytes = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

  test('files: the best the client takes, each with a tag of its own', async () => {
    const plain = await get('/openapi.json', 'identity');
    const coded = await get('/openapi.json', 'gzip, br');
    expect([plain.headers.get('content-encoding'), plain.headers.get('vary')]).toEqual([null, 'accept-encoding']);
    expect([coded.headers.get('content-encoding'), coded.headers.get('vary')]).toEqual(['br', 'accept-encoding']);
    expect(brotliDecompressSync(await bytes(coded))).toEqual(await bytes(plain));
    const tag = coded.headers.get('etag') ?? '';
    expect(tag).not.toBe(plain.headers.get('etag') ?? '');
    expect((await get('/openapi.json', 'br', { 'if-none-match': tag })).status).toBe(304);
    expect((await get('/openapi.json', 'gzip', { 'if-none-match': tag })).status).toBe(200);
  });

  test('long JSON: what is quick to make; short JSON as it is', async () => {
    const list = await get('/api/v1/orders', 'br, gzip, zstd;q=0.5');
    expect([list.headers.get('content-encoding'), list.headers.get('vary')]).toEqual(['gzip', 'accept-encoding']);
    expect(JSON.parse(gunzipSync(await bytes(list)).toString()).orders.length).toBe(20);
    expect((await get('/api/v1/orders', '')).headers.get('vary')).toBe('accept-encoding');
    expect((await get('/api/v1/orders?limit=1', 'gzip')).headers.get('content-encoding')).toBeNull();
    expect((await get('/api/v1/orders/o1', 'gzip')).headers.get('content-encoding')).toBeNull();
  });
});

test('PostgreSQL down: 503 with Retry-After', async () => {
  const backend = new FakeBackend();
  backend.databaseFailure = new AppError('database_unavailable', 'no route to 10.0.0.1', { retryable: true });
  for (const path of ['/api/v1/orders/a', '/api/v1/orders']) {
    const { status, name, answer, document } = await problem(backend.app().request(path));
    expect([status, name]).toEqual([503, 'database-unavailable']);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(JSON.stringify(document)).not.toContain('10.0.0.1');
  }
});
