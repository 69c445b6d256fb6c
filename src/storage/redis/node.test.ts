import { expect, test } from 'bun:test';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { parseRedisUrls } from '../../lib/connection-url.ts';
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
  const [url] = parseRedisUrls(`redis://[::1]:${Object(server.address()).port}`);
  if (url === undefined) throw new Error('no URL');
  const target = { access: { url: '', connectTimeoutMs: 5_000 }, user: '', role: 'server' } as const;
  const events = { lost: () => {}, changed: () => {} };
  await expect(connectNode({ ...target, url, address: url.addresses[0] }, events)).rejects.toThrow('enough');
  server.close();
  expect(asked).toContain('HELLO');
});
