import { afterEach, expect, test } from 'bun:test';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { FaultProxy } from './fault-proxy.ts';
import { until } from './until.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** An engine that answers every chunk with itself, and what it has heard. */
async function echo(): Promise<{ proxy: FaultProxy; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      heard.push(String(chunk));
      socket.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const proxy = await FaultProxy.start('127.0.0.1', port);
  closing.push(
    () => proxy.close(),
    () => server.close(),
  );
  return { proxy, heard };
}

interface Client {
  readonly socket: Socket;
  readonly received: string[];
  /** The error's code, or `end`; undefined while it is open. */
  ended: string | undefined;
}

function open(proxy: FaultProxy): Client {
  const socket = connect(proxy.port, '127.0.0.1');
  const client: Client = { socket, received: [], ended: undefined };
  socket.on('data', (chunk) => client.received.push(String(chunk)));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    client.ended ??= error.code ?? 'error';
  });
  socket.on('close', () => {
    client.ended ??= 'end';
  });
  closing.push(() => socket.destroy());
  return client;
}

test('bytes pass both ways, late when that is asked for', async () => {
  const { proxy } = await echo();
  proxy.latencyMs = 60;
  const client = open(proxy);
  const start = performance.now();
  client.socket.write('hello');
  await until(() => client.received.join('') === 'hello');
  expect(performance.now() - start).toBeGreaterThan(110);
});

test('refuse resets what is open and takes nothing new, until it passes again', async () => {
  const { proxy } = await echo();
  const before = open(proxy);
  before.socket.write('a');
  await until(() => before.received.length > 0);
  await proxy.setMode('refuse');
  await until(() => before.ended !== undefined);
  expect(before.ended).toBe('ECONNRESET');
  const refused = open(proxy);
  await until(() => refused.ended !== undefined);
  expect(refused.ended).toBe('ECONNREFUSED');
  await proxy.setMode('pass');
  const after = open(proxy);
  after.socket.write('b');
  await until(() => after.received.join('') === 'b');
});

test('a black hole takes bytes and says nothing; what is in it stays in it', async () => {
  const { proxy, heard } = await echo();
  const before = open(proxy);
  before.socket.write('a');
  await until(() => before.received.length > 0);
  await proxy.setMode('black-hole');
  const inside = open(proxy);
  inside.socket.write('lost');
  before.socket.write('lost');
  await until(() => proxy.accepted === 2);
  await proxy.setMode('pass');
  const after = open(proxy);
  after.socket.write('b');
  await until(() => after.received.join('') === 'b');
  expect(heard).toEqual(['a', 'b']);
  expect([before.ended, inside.ended, inside.received]).toEqual([undefined, undefined, []]);
});

test('a pattern resets before the engine has it, or at its answer', async () => {
  const { proxy, heard } = await echo();
  for (const action of ['reset-before', 'reset-at-answer'] as const) {
    const client = open(proxy);
    const hit = proxy.onPattern(`COMMIT ${action}`, action, 1);
    client.socket.write(`COMMIT ${action} 1;`);
    await until(() => client.received.length > 0);
    client.socket.write(`COMMIT ${action} 2;`);
    await hit;
    await until(() => client.ended !== undefined);
    expect(client.ended).toBe('ECONNRESET');
    expect(client.received).toHaveLength(1);
  }
  expect(heard).toEqual(['COMMIT reset-before 1;', 'COMMIT reset-at-answer 1;', 'COMMIT reset-at-answer 2;']);
});
