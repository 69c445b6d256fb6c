import { afterEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import { JSON_TYPE } from '../../../test/helpers/app-requests.ts';
import { FakeBackend } from '../../../test/helpers/app-under-test.ts';
import { createTempDir } from '../../../test/helpers/temp-dir.ts';
import { type Logger, silentLogger } from '../../telemetry/logger.ts';
import type { HandlerOptions } from './handler.ts';
import { forwardTo, type ListenOptions, listenOnSocket, startServer } from './server.ts';

const TOKEN = 'a-token-of-enough-letters';
const AS_OPERATOR = { ...JSON_TYPE, authorization: `Bearer ${TOKEN}` };
const LISTEN = { host: '127.0.0.1', port: 0, maxBodyBytes: 10_000, requestTimeoutMs: 1_000 };
const open: { close(deadlineMs: number): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close(0);
});

/** A server, and what it logs that is for the audit. */
function serve(app: Partial<HandlerOptions> = {}, listen: Partial<ListenOptions> = {}) {
  const lines: object[] = [];
  const keep = (level: string, own: object) => (fields: object, message: string) =>
    void lines.push({ level, message, ...own, ...fields });
  const child = (own: object): Logger => ({ ...silentLogger, info: keep('info', own), warn: keep('warn', own) });
  const logger: Logger = { ...silentLogger, child };
  const handler = new FakeBackend().app({ token: TOKEN, logger, ...app });
  const server = startServer(handler, { ...LISTEN, ...listen }, logger);
  open.push(server);
  const ask = (method: string, path: string, body: object | null, headers: Record<string, string> = AS_OPERATOR) =>
    fetch(server.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return { lines, handler, ask };
}

test('whoever changes something is named, with what they changed and what came of it; who only looks is not', async () => {
  const { lines, ask } = serve();
  await ask('PATCH', '/api/v1/generator', { rate: 7 });
  await ask('GET', '/api/v1/generator', null);
  expect(lines).toEqual([
    {
      level: 'info',
      message: 'audit',
      audit: true,
      client: '127.0.0.1',
      byToken: true,
      action: 'changeGenerator',
      method: 'PATCH',
      path: '/api/v1/generator',
      body: { rate: 7 },
      status: 200,
    },
  ]);
});

test('the edit of a letter, which is an order, is not shown; a long list is cut', async () => {
  const { lines, ask } = serve();
  await ask('POST', '/api/v1/dead-letters/redrive', { positions: ['0:1'], edit: { value: { name: 'Testov' } } });
  const positions = Array.from({ length: 300 }, (_, at) => `0:${at}`);
  await ask('POST', '/api/v1/dead-letters/redrive', { positions });
  expect(lines).toMatchObject([{ body: { positions: ['0:1'], edit: '…' } }, { action: 'redriveDeadLetters' }]);
  expect(JSON.stringify(lines)).not.toContain('Testov');
  expect(JSON.stringify(lines[1]).length).toBeLessThan(2_000);
});

test('a request without the token, or with a wrong one, is named, and the token is not', async () => {
  const { lines, ask } = serve();
  expect((await ask('POST', '/api/v1/generator/stop', null, {})).status).toBe(401);
  expect((await ask('GET', '/api/v1/cache', null, { authorization: 'Bearer guessed-wrong' })).status).toBe(401);
  const refused = { level: 'warn', message: 'token refused', audit: true, client: '127.0.0.1' };
  expect(lines).toEqual([
    { ...refused, tokenGiven: false, method: 'POST', path: '/api/v1/generator/stop' },
    { ...refused, tokenGiven: true, method: 'GET', path: '/api/v1/cache' },
  ]);
});

test('behind a proxy, and in another process of the same port, it is still the client', async () => {
  const { path, remove } = createTempDir('test-audit-');
  open.push({ close: remove });
  const socket = join(path, 'first.sock');
  const first = serve();
  open.push(listenOnSocket(first.handler, socket));
  const { lines, ask } = serve({ forward: forwardTo(socket) }, { trustedProxies: ['127.0.0.1'] });
  await ask('POST', '/api/v1/generator/stop', null, { ...AS_OPERATOR, 'x-forwarded-for': '203.0.113.9' });
  expect(lines).toEqual([]);
  expect(first.lines).toMatchObject([{ client: '203.0.113.9', action: 'stopGenerator', status: 200 }]);
});
