import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { FakeBackend } from '../../../test/helpers/app-under-test.ts';
import { type Certificate, CertificateAuthority } from '../../../test/helpers/certificates.ts';
import { storedOrder } from '../../../test/helpers/stored-order.ts';
import { createTempDir } from '../../../test/helpers/temp-dir.ts';
import { until } from '../../../test/helpers/until.ts';
import { readTls } from '../../lib/tls.ts';
import { type Logger, silentLogger } from '../../telemetry/logger.ts';
import type { Handler, HandlerOptions, Route } from './handler.ts';
import type { RunningServer } from './server.ts';
import { startTlsServer, type TlsServerOptions } from './tls-server.ts';

const LISTEN = { host: '127.0.0.1', port: 0, maxBodyBytes: 10_000, requestTimeoutMs: 5_000, lookEveryMs: 20 };
const folder = createTempDir('test-tls-');
const authority = new CertificateAuthority(folder.path);
const ca = readFileSync(authority.certificate, 'utf8');
const files = { certificate: join(folder.path, 'server.pem'), key: join(folder.path, 'server.key') };
const running: RunningServer[] = [];
const lines: { message: string; fields: object }[] = [];
const logger: Logger = {
  ...silentLogger,
  info: (fields, message) => void lines.push({ fields, message }),
  warn: (fields, message) => void lines.push({ fields, message }),
  error: (fields, message) => void lines.push({ fields, message }),
  child: () => logger,
};
let first: Certificate;
let second: Certificate;

beforeAll(() => {
  first = authority.issue('first');
  second = authority.issue('second');
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close(0)));
  lines.length = 0;
});

afterAll(() => folder.remove());

/** Puts a certificate where the server looks, as a program that renews certificates does. */
function install({ certificate, key }: Certificate): void {
  copyFileSync(certificate, files.certificate);
  copyFileSync(key, files.key);
}

async function start(app: Partial<HandlerOptions> = {}, options: Partial<TlsServerOptions> = {}) {
  const handler = new FakeBackend().add(storedOrder('a')).app({ logger, ...app });
  const material = () => readTls('server.tls', files);
  const server = await startTlsServer(handler, { ...LISTEN, material, ...options }, logger);
  running.push(server);
  return server;
}

/** The name in the certificate that a new connection meets. */
function nameAt({ port }: RunningServer, options: ConnectionOptions = {}): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername: 'localhost', ca, ...options }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** The status of a request; rejects when the connection breaks. */
function ask(port: number, agent: Agent | false, options: object = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const about = { host: '127.0.0.1', port, servername: 'localhost', ca, agent, path: '/api/v1/orders/a', ...options };
    request(about, (answer) => answer.resume().once('end', () => resolve(answer.statusCode)))
      .on('error', reject)
      .end();
  });
}

const said = (message: string) => lines.filter((line) => line.message.includes(message)).length;

test('a renewed certificate is for new connections, and no request is lost meanwhile', async () => {
  install(first);
  const server = await start();
  expect(server.url).toBe(`https://127.0.0.1:${server.port}`);
  expect(await nameAt(server)).toBe('first');
  const done = { kept: 0, fresh: 0 };
  const stop = new AbortController();
  const client = async (kind: keyof typeof done): Promise<void> => {
    const agent = kind === 'kept' ? new Agent({ keepAlive: true, maxSockets: 1 }) : false;
    while (!stop.signal.aborted) {
      expect(await ask(server.port, agent)).toBe(200);
      done[kind] += 1;
    }
    if (agent !== false) agent.destroy();
  };
  const clients = [client('kept'), client('kept'), client('fresh'), client('fresh')];
  for (let renewal = 1; renewal <= 6; renewal++) {
    const before = { ...done };
    install(renewal % 2 === 1 ? second : first);
    await until(() => said('renewed certificate is in use') === renewal);
    expect(await nameAt(server)).toBe(renewal % 2 === 1 ? 'second' : 'first');
    await until(() => done.kept > before.kept + 5 && done.fresh > before.fresh + 5);
  }
  stop.abort();
  await Promise.all(clients);
}, 60_000);

test('what can’t be used is not taken, and told once', async () => {
  install(first);
  const server = await start();
  const outdated = authority.issue('outdated', { expired: true });
  let told = 0;
  for (const [breakIt, why] of [
    [() => writeFileSync(files.certificate, 'no certificate'), 'not valid PEM'],
    [() => copyFileSync(second.certificate, files.certificate), 'is not the key of'],
    [() => install(outdated), 'it ended'],
  ] as const) {
    breakIt();
    told += 1;
    await until(() => said('the one before stays in use') === told);
    expect(JSON.stringify(lines.at(-1))).toContain(why);
    expect(await nameAt(server)).toBe('first');
  }
  install(second);
  await until(async () => (await nameAt(server)) === 'second');
  expect(said('the one before stays in use')).toBe(told);
}, 60_000);

test('an expired certificate at the start is said, and one that is none ends it', async () => {
  install(authority.issue('gone', { expired: true }));
  const server = await start();
  expect(said('the certificate has expired')).toBe(1);
  await expect(nameAt(server)).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
  writeFileSync(files.key, 'no key');
  await expect(start()).rejects.toThrow('server.tls.key is not valid PEM');
});

test('with an authority, only clients that have its certificate are served', async () => {
  install(first);
  const material = () => readTls('server.tls', { ...files, ca: authority.certificate });
  const server = await start({}, { material });
  const own = (one: Certificate) => ({ cert: readFileSync(one.certificate), key: readFileSync(one.key) });
  expect(await ask(server.port, false, own(second))).toBe(200);
  await expect(ask(server.port, false)).rejects.toThrow();
  const others = new CertificateAuthority(join(folder.path, 'others'), 'somebody else').issue('stranger');
  await expect(ask(server.port, false, own(others))).rejects.toThrow();
});

test('the client’s address is known, and nobody gets in behind', async () => {
  install(first);
  const server = await start({ token: 'a-token-of-enough-letters' });
  const found = await ask(server.port, false, { path: '/api/v1/generator' });
  expect(found).toBe(401);
  expect(lines.at(-1)).toMatchObject({ message: 'token refused', fields: { client: '127.0.0.1' } });
  // Plain HTTP gets no answer, and hurts nobody.
  const plain = connect(server.port, '127.0.0.1', () => plain.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
  plain.on('error', () => {});
  await new Promise((resolve) => plain.once('close', resolve));
  expect(await ask(server.port, false)).toBe(200);
});

test('a port in use is named; a stop lets a request end', async () => {
  install(first);
  const backend = new FakeBackend().add(storedOrder('a'));
  const { promise, resolve: answer } = Promise.withResolvers<void>();
  let lookups = 0;
  Object.defineProperty(backend, 'gate', {
    get: () => {
      lookups += 1;
      return promise;
    },
  });
  const material = () => readTls('server.tls', files);
  const server = await startTlsServer(backend.app(), { ...LISTEN, material }, logger);
  running.push(server);
  await expect(start({}, { port: server.port })).rejects.toMatchObject({ code: 'port_in_use' });
  await expect(start({}, { port: server.port, shared: 'first' })).rejects.toMatchObject({ code: 'port_in_use' });
  const asked = ask(server.port, false);
  await until(() => lookups === 1);
  const closed = server.close(4_000);
  answer();
  expect(await asked).toBe(200);
  expect(await closed).toBeUndefined();
  await expect(ask(server.port, false)).rejects.toThrow();
});

test('a client that makes no handshake is let go, and holds up no stop', async () => {
  install(first);
  /** Resolves once connected; `closed` resolves when the server has let it go. */
  const silent = async ({ port }: RunningServer): Promise<{ readonly closed: Promise<unknown> }> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('connect', resolve));
    return { closed };
  };
  await (await silent(await start({}, { handshakeMs: 50 }))).closed;
  const server = await start();
  const waiting = await silent(server);
  // Connections are taken one after the other: the listener has that one, too.
  expect(await ask(server.port, false)).toBe(200);
  const from = performance.now();
  expect(await server.close(4_000)).toBeUndefined();
  expect(performance.now() - from).toBeLessThan(3_000);
  await waiting.closed;
});

test('a stop lets a slow client have its whole answer', async () => {
  install(first);
  // About as much as waits between the server and a client that does not read.
  const bytes = 6 << 20;
  const route: Route = { serve: () => new Response(new Uint8Array(bytes)) };
  const handler: Handler = { routes: new Map([['/long', route]]), find: () => route };
  const server = await startTlsServer(handler, { ...LISTEN, material: () => readTls('server.tls', files) }, logger);
  running.push(server);
  let got = 0;
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const client = connectTls({ host: '127.0.0.1', port: server.port, servername: 'localhost', ca }, () => {
    client.write('GET /long HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
  });
  client.on('error', () => {});
  client.on('data', ({ length }: Buffer) => {
    got += length;
    begin();
  });
  client.once('data', () => {
    client.pause();
    setTimeout(() => client.resume(), 1_000);
  });
  const over = new Promise((resolve) => client.once('close', resolve));
  await begun;
  expect(await server.close(30_000)).toBeUndefined();
  await over;
  expect(got).toBeGreaterThan(bytes);
}, 60_000);
