import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { Random } from '../../src/producer/random.ts';
import { type RunningServer, startServer } from '../../src/server/http/server.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { storedOrder } from '../helpers/stored-order.ts';

const SEED = Number(process.env['SEED'] ?? 7);
const POST = 'POST /api/v1/orders/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
const GET = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n';
const LIMITS = { host: '127.0.0.1', port: 0, maxBodyBytes: 10_000, requestTimeoutMs: 1_000 };
const failures: object[] = [];

let server: RunningServer;

beforeAll(() => {
  const logger = { ...silentLogger, error: (fields: object) => void failures.push(fields) };
  const app = new FakeBackend().add(storedOrder('a')).app({ logger });
  server = startServer(app, LIMITS, logger);
});

afterAll(async () => {
  await server.close(0);
});

/** Sends pieces, one every `everyMs`; resolves with what came back, when the server has closed or `enough` has come. */
function send(pieces: readonly (string | Uint8Array)[], { everyMs = 0, enough = /$^/ } = {}): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    let timer: Timer | undefined;
    const rest = [...pieces];
    const next = (): void => {
      const piece = rest.shift();
      if (piece === undefined) return;
      socket.write(piece);
      timer = setTimeout(next, everyMs);
    };
    const socket = connect(server.port, '127.0.0.1', next);
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (enough.test(answer)) socket.destroy();
    });
    // The server may reset a connection whose input it has not read.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

describe('a client that keeps a connection busy with nothing', () => {
  const many = (piece: string) => Array.from({ length: 1_000 }, () => piece);

  test.concurrent('headers that dribble in: the connection is closed', async () => {
    expect(await send([GET, ...many('X-A: b\r\n')], { everyMs: 300 })).toBe('');
  });

  test.concurrent('a body that dribbles in: 408, and the connection is closed', async () => {
    const answer = await send([`${POST}Content-Length: 5000\r\n\r\n`, ...many(' ')], { everyMs: 300 });
    expect(answer).toStartWith('HTTP/1.1 408');
  });

  test.concurrent('chunks that dribble in: 408, and the connection is closed', async () => {
    const answer = await send([`${POST}Transfer-Encoding: chunked\r\n\r\n`, ...many('1\r\n \r\n')], {
      everyMs: 300,
    });
    expect(answer).toStartWith('HTTP/1.1 408');
  });

  test.concurrent('nothing at all: the connection is closed', async () => {
    expect(await send([])).toBe('');
  });

  test.concurrent('whoever reads an export may pause longer than others are waited for', async () => {
    const page = { orders: Array<string>(500).fill(JSON.stringify(storedOrder('a').order)), next: undefined };
    let pages = 0;
    const next = { storedAt: 1n, offset: 1n, uid: 'a' };
    const listing = {
      summaries: async () => ({ orders: [], next: undefined }),
      texts: async () => (++pages < 60 ? { ...page, next } : page),
    };
    const exporting = startServer(new FakeBackend().app({ listing }), LIMITS, silentLogger);
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(exporting.port, '127.0.0.1', () => {
        socket.write('GET /api/v1/orders.ndjson HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
        socket.pause();
        // Others are cut off within twelve seconds.
        setTimeout(() => socket.resume(), 16_000);
      });
      socket.on('data', (data) => {
        text = (text + data.toString('latin1')).slice(-10);
        if (text.endsWith('\r\n0\r\n\r\n')) socket.destroy();
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(text));
    });
    await exporting.close(0);
    expect([pages, answer.endsWith('\r\n0\r\n\r\n')]).toEqual([60, true]);
  }, 60_000);
});

test.each([
  ['a header too long', `${GET}X: ${'a'.repeat(60_000)}\r\n\r\n`, 431],
  ['too many headers', `${GET}${'X: a\r\n'.repeat(5_000)}\r\n`, 431],
  ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
  ['two lengths', `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['no HTTP', '\u0016\u0003\u0001\r\n\r\n', 400],
] as const)('%s is refused', async (_, text, status) => {
  expect(await send([text])).toStartWith(`HTTP/1.1 ${status}`);
});

describe('a request without a name for this server', () => {
  const statusOf = async (text: string) =>
    Number(/^HTTP\/1\.1 (\d+)/.exec(await send([text], { enough: /\r\n\r\n/ }))?.[1]);

  test('is answered, as health checks of HTTP/1.0 make it', async () => {
    const lookup = 'Content-Type: application/json\r\nContent-Length: 17\r\n\r\n{"order_uid":"a"}';
    for (const [text, status] of [
      ['GET /healthz HTTP/1.0\r\n\r\n', 200],
      ['HEAD /readyz HTTP/1.0\r\n\r\n', 200],
      ['GET / HTTP/1.0\r\n\r\n', 200],
      ['GET /api/v1/orders/a HTTP/1.0\r\n\r\n', 200],
      ['GET /api/v1/topics/orders/messages/1:7 HTTP/1.0\r\n\r\n', 200],
      ['GET /api/v1/orders?limit=1 HTTP/1.0\r\n\r\n', 200],
      [`POST /api/v1/orders/lookup HTTP/1.0\r\n${lookup}`, 200],
      ['GET http://localhost/healthz HTTP/1.0\r\n\r\n', 200],
      ['GET //elsewhere/healthz HTTP/1.0\r\n\r\n', 404],
      ['GET /nothing HTTP/1.0\r\n\r\n', 404],
    ] as const)
      expect([text, await statusOf(text)]).toEqual([text, status]);
    expect(failures).toEqual([]);
  });

  test('or with an odd one is refused, and nothing fails', async () => {
    const odd = ['', ' ', 'a b', '[::', '%zz', '/x', 'ü', 'user@localhost', 'localhost?x', 'localhost\\'];
    const heads = [...odd.map((host) => `Host: ${host}`), 'Host: localhost\r\nHost: elsewhere'];
    for (const target of ['/healthz', '/api/v1/orders/a', '/nothing', 'http://[::/healthz', 'http://'])
      for (const head of heads) {
        const text = `GET ${target} HTTP/1.1\r\n${head}\r\n\r\n`;
        const status = await statusOf(text);
        if (target.startsWith('/')) expect([text, status]).toEqual([text, 421]);
        else expect(status).toBeLessThan(500);
      }
    expect(failures).toEqual([]);
  });
});

test('an address too long: 414', async () => {
  const text = `GET /${'a'.repeat(12_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  expect(await send([text], { enough: /uri-too-long/ })).toStartWith('HTTP/1.1 414');
});

test('HEAD has the length of the body that GET has', async () => {
  const head = async (path: string) => {
    const answer = await send([`HEAD ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`], { enough: /\r\n\r\n/ });
    return Number(/content-length: (\d+)/i.exec(answer)?.[1]);
  };
  for (const path of ['/healthz', '/api/v1/orders/a', '/']) {
    const got = await fetch(server.url + path, { headers: { 'accept-encoding': 'identity' } });
    expect(await head(path)).toBe((await got.arrayBuffer()).byteLength);
  }
});

describe('whatever is sent, nothing fails here', () => {
  test(`over the socket, seed ${SEED}`, async () => {
    const chance = new Chance(1);
    const requests = Array.from({ length: 300 }, () => chance.rawRequest());
    for (const one of requests) {
      const answer = await send([one], { enough: /^HTTP/ });
      if (/^HTTP\/1\.1 5(?!05)/.test(answer)) throw new Error(`${one.toString('latin1')}\n→ ${answer}`);
    }
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(failures).toEqual([]);
  });

  test(`to the application, seed ${SEED}`, async () => {
    const chance = new Chance(2);
    const app = new FakeBackend().add(storedOrder('a')).app();
    const statuses = new Set<number>();
    for (let at = 0; at < 3_000; at++) {
      const { url, init } = chance.request();
      const answer = await app.request(url, init);
      await answer.body?.cancel();
      statuses.add(answer.status);
      if (answer.status >= 500) throw new Error(`${init.method} ${url} ${init.body} → ${answer.status}`);
    }
    // It gets past the first checks.
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404, 405, 415, 422]));
  });
});

const PATHS = [
  '/',
  '/healthz',
  '/api/v1/orders',
  '/api/v1/orders/a',
  '/api/v1/orders/lookup',
  '/api/v1/dead-letters',
  '/api/v1/dead-letters/counts',
  '/api/v1/dead-letters/redrive',
  '/api/v1/dead-letters/3:17',
  '/openapi.json',
  '/docs',
];
const ODD = ['%00', '%zz', '%ff', '..', '//', ';', '%2F', '%F0%9F%98%80', 'ü', '\u202e', '\\', '<b>', "'--", ' '];
const NAMES = ['limit', 'cursor', 'reason', 'since', 'key', 'x', '__proto__', 'constructor', 'toString', ''];
const VALUES = ['1', '-1', '1e9', 'NaN', 'true', 'schema', '15m', '2026-01-02T03:04:05Z', '', '999999999999'];
const METHODS = ['GET', 'GET', 'POST', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'];
const TYPES = ['application/json', 'application/json', 'application/json;charset=latin1', 'text/plain', 'x', ''];
const SEEDS = ['{"order_uid":"a"}', '{"all":true}', '{"positions":["1:2"]}', '[]', 'null', '{"a":{"b":[1]}}'];

/** Requests by chance, the same for the same seed. */
class Chance {
  readonly #random = new Random();

  constructor(stream: number) {
    this.#random.reset(SEED, 0, stream);
  }

  request(): { url: string; init: { method: string; headers: Headers; body?: string } } {
    const method = this.#one(METHODS);
    const headers = new Headers({ 'content-type': this.#one(TYPES) });
    if (this.#often(4)) headers.set('if-none-match', this.#one(['*', '"x', 'W/"', ',,,', '\u00ff']));
    if (this.#often(4)) headers.set('accept-encoding', this.#one(['gzip;q=', '*;q=0', 'br,,;', 'zstd', 'q=1']));
    const body = method === 'GET' || method === 'HEAD' ? {} : { body: this.#body() };
    return { url: `http://localhost${this.#path()}${this.#query()}`, init: { method, headers, ...body } };
  }

  rawRequest(): Buffer {
    const { url, init } = this.request();
    const target = url.replace('http://localhost', '').replaceAll(' ', '%20');
    const body = Buffer.from(init.body ?? '');
    const head = `${init.method} ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const bytes = Buffer.concat([Buffer.from(head), body]);
    for (let flips = this.#often(2) ? this.#below(4) : 0; flips > 0; flips--)
      bytes[this.#below(bytes.length)] = this.#below(256);
    return bytes;
  }

  #path(): string {
    const path = this.#one(PATHS);
    return this.#often(3) ? `${path}${this.#often(2) ? '/' : ''}${this.#one(ODD)}` : path;
  }

  #query(): string {
    if (this.#often(2)) return '';
    const count = 1 + this.#below(3);
    const pairs = Array.from({ length: count }, () => {
      const value = this.#often(3) ? this.#one(ODD) : this.#one(VALUES);
      return `${this.#one(NAMES)}${this.#often(5) ? '' : '='}${value}`;
    });
    return `?${pairs.join('&')}`;
  }

  /** JSON, most of the time with a few characters changed. */
  #body(): string {
    let text = this.#often(3) ? JSON.stringify(storedOrder('a').order) : this.#one(SEEDS);
    for (let edits = this.#below(3); edits > 0; edits--) {
      const at = this.#below(text.length + 1);
      const put = this.#one(['', '0', '"', '{', '[', '\\u0000', '\\ud800', '1e999', 'null', ',', '\u0000']);
      text = text.slice(0, at) + put + text.slice(at + this.#below(4));
    }
    return text;
  }

  #often(oneIn: number): boolean {
    return this.#below(oneIn) === 0;
  }

  #below(limit: number): number {
    return (this.#random.bits() >>> 0) % limit;
  }

  #one<T>(from: readonly T[]): T {
    const one = from[this.#below(from.length)];
    if (one === undefined) throw new Error('nothing to choose from');
    return one;
  }
}
