import { afterEach, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { FakeBackend } from '../../../test/helpers/app-under-test.ts';
import { storedOrder } from '../../../test/helpers/stored-order.ts';
import { unstalledNow } from '../../../test/helpers/unstalled.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import type { Handler } from './handler.ts';
import { type ListenOptions, type RunningServer, startServer } from './server.ts';

const LISTEN = {
  host: '127.0.0.1',
  port: 0,
  maxBodyBytes: 1000,
  requestTimeoutMs: 1000,
  rateLimit: 0,
  trustedProxies: [] as string[],
};
const running: RunningServer[] = [];

function start(app: Handler, options: Partial<ListenOptions> = {}): RunningServer {
  const server = startServer(app, { ...LISTEN, ...options }, silentLogger);
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close(0)));
});

/** Sends raw bytes; resolves with what came back when the other side closed. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('startServer', () => {
  test('behind a trusted proxy the limit is each client’s own; a client that says so itself is not believed', async () => {
    const statuses = async (trustedProxies: string[]) => {
      const { url } = start(new FakeBackend().app(), { rateLimit: 1, trustedProxies });
      const ask = async (client: string) =>
        (await fetch(`${url}/nothing`, { headers: { 'x-forwarded-for': client } })).status;
      const all: number[] = [];
      for (const client of ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4', '203.0.113.5'])
        all.push(await ask(client));
      return all;
    };
    expect(await statuses(['127.0.0.1'])).toEqual([404, 404, 404, 404, 404]);
    expect(await statuses(['10.0.0.0/8'])).toContain(429);
  });

  test('serves the application', async () => {
    const { url } = start(new FakeBackend().add(storedOrder('a')).app());
    const answer = await fetch(`${url}/api/v1/orders/a`);
    expect([answer.status, answer.headers.get('x-cache')]).toEqual([200, 'postgresql']);
    expect((await fetch(`${url}/api/v1/orders/%zz`)).status).toBe(400);
  });

  test('behind a listener of its own, whoever does not come from there is refused', async () => {
    const { url } = start(new FakeBackend().app(), { clientAt: () => undefined });
    for (const path of ['/healthz', '/api/v1/orders/a', '/%68ealthz'])
      expect((await fetch(url + path)).status).toBe(403);
  });

  test('a port in use is named, with what to do', () => {
    const { port } = start(new FakeBackend().app());
    const attempt = () => start(new FakeBackend().app(), { port });
    expect(attempt).toThrow(expect.objectContaining({ code: 'port_in_use' }));
    expect(attempt).toThrow(`port ${port} on 127.0.0.1 is in use`);
    expect(attempt).toThrow('TEST_SERVICE_SERVER_PORT');
  });

  test('an address of another machine is a fault of the configuration', () => {
    expect(() => start(new FakeBackend().app(), { host: '203.0.113.7' })).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
  });

  test('a body that is announced and never sent gets 408', async () => {
    const { port } = start(new FakeBackend().app({ requestTimeoutMs: 50 }));
    const request = [
      'POST /api/v1/orders/lookup HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'Content-Length: 20',
    ];
    const answer = await raw(port, `${request.join('\r\n')}\r\n\r\n{"order`);
    expect(answer).toStartWith('HTTP/1.1 408');
    expect(answer).toContain('/problems/request-timeout');
  });

  test('a body without a length is cut at the limit', async () => {
    const { port } = start(new FakeBackend().app({ maxBodyBytes: 1000 }), { maxBodyBytes: 1000 });
    const request = [
      'POST /api/v1/orders/lookup HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    ];
    const chunk = `5dc\r\n${'x'.repeat(1500)}\r\n0\r\n\r\n`;
    expect(await raw(port, `${request.join('\r\n')}\r\n\r\n${chunk}`)).toStartWith('HTTP/1.1 413');
  });
});

test('a client past its rate gets 429 and is told when to come again', async () => {
  const { url } = start(new FakeBackend().app(), { rateLimit: 3 });
  const statuses: number[] = [];
  for (let at = 0; at < 10; at++) statuses.push((await fetch(`${url}/api/v1/orders`)).status);
  expect(statuses.slice(0, 6)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(statuses).toContain(429);
  const refused = await fetch(`${url}/api/v1/orders`);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect((await refused.json()).type).toBe('/problems/too-many-requests');
});

test('what machines ask regularly is not limited', async () => {
  const { url } = start(new FakeBackend().app(), { rateLimit: 1 });
  for (const path of ['/healthz', '/readyz?', '/metrics'])
    for (let at = 0; at < 5; at++) expect((await fetch(url + path)).status).toBe(200);
});

test('a client that goes away in the middle of its upload is no failure of this server', async () => {
  const failures: object[] = [];
  const note = (fields: object) => void failures.push(fields);
  const app = new FakeBackend().app({ logger: { ...silentLogger, error: note, warn: note } });
  const server = start(app);
  for (const path of ['lookup', 'check', '../orders', 'bulk']) {
    const type = path === 'bulk' ? 'application/x-ndjson' : 'application/json';
    for (const length of ['Content-Length: 500', 'Transfer-Encoding: chunked']) {
      const head = `POST /api/v1/orders/${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\n${length}\r\n\r\n`;
      await new Promise<void>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () =>
          socket.write(`${head}5\r\n{"ord`, () => socket.resetAndDestroy()),
        );
        socket.on('close', () => resolve());
      });
    }
  }
  await server.close(5_000);
  expect(failures).toEqual([]);
});

test('a method that a path does not take is a 405 that says which it does, whatever else the path could be', async () => {
  const { url } = start(new FakeBackend().app());
  const { paths }: { paths: Record<string, object> } = await (await fetch(`${url}/openapi.json`)).json();
  for (const [path, operations] of Object.entries(paths)) {
    const taken = Object.keys(operations).map((method) => method.toUpperCase());
    const allowed = [...taken, ...(taken.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      if (taken.includes(method)) continue;
      const answer = await fetch(url + path.replace(/\{\w+\}/g, '1:2'), { method });
      await answer.body?.cancel();
      const allow = answer.headers.get('allow')?.split(', ').sort();
      expect([method, path, answer.status, allow]).toEqual([method, path, 405, allowed]);
    }
  }
});

test('a path escaped without need is that path; one of dots is no order', async () => {
  const { url, port } = start(new FakeBackend().app());
  const escaped = await fetch(`${url}/api/v1/orders/%62ulk`, { method: 'PUT' });
  expect([escaped.status, escaped.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  for (const dots of ['.', '..', '%2e'])
    expect(
      await raw(port, `GET /api/v1/orders/${dots} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1.1 40[04] /);
});

describe('close', () => {
  test('lets what is under way end, and takes nothing new', async () => {
    const backend = new FakeBackend().add(storedOrder('a'));
    const gate = Promise.withResolvers<void>();
    backend.gate = gate.promise;
    const server = start(backend.app());
    const underWay = fetch(`${server.url}/api/v1/orders/a`);
    await fetch(`${server.url}/healthz`);
    const closed = server.close(5000);
    expect(fetch(`${server.url}/healthz`, { keepalive: false })).rejects.toThrow();
    gate.resolve();
    expect((await underWay).status).toBe(200);
    await closed;
    await server.close(0);
  });

  test('cuts what does not end in time', async () => {
    const backend = new FakeBackend();
    backend.gate = new Promise(() => {});
    const server = start(backend.app({ requestTimeoutMs: 60_000 }));
    const underWay = fetch(`${server.url}/api/v1/orders/a`).then(
      () => 'answered',
      () => 'cut',
    );
    await fetch(`${server.url}/healthz`);
    const from = unstalledNow();
    await server.close(50);
    expect(unstalledNow() - from).toBeLessThan(1000);
    expect(await underWay).toBe('cut');
  });
});
