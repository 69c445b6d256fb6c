import { expect, test } from 'bun:test';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { connectNode } from './node.ts';

test('a Redis at an IPv6 address is spoken to', async () => {
  let asked = '';
  const server = createServer((socket) => {
    socket.on('data', (bytes) => {
      asked += String(bytes);
      socket.write('-ERR enough\r\n');
    });
  });
  const listening = once(server, 'listening').catch(() => undefined);
  server.listen(0, '::1');
  // A machine may have no IPv6 at all.
  if ((await listening) === undefined) return;
  const url = `redis://[::1]:${Object(server.address()).port}`;
  const events = { lost: () => {}, changed: () => {} };
  await expect(connectNode({ url, connectTimeoutMs: 5_000 }, events)).rejects.toThrow('enough');
  server.close();
  expect(asked).toContain('HELLO');
});
