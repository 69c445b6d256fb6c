import { afterEach, describe, expect, test } from 'bun:test';
import { createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../lib/address.ts';
import {
  brokerCount,
  isReply,
  probeKafka,
  probePostgresql,
  probeRedis,
  readPong,
  readStartupReply,
  redisVersion,
  requestFrame,
} from './probes.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A peer on a free port. */
async function peer(onConnect: (socket: Socket) => void): Promise<Address> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onConnect(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { host: '127.0.0.1', port: address.port };
}

const probes = { probePostgresql, probeKafka, probeRedis };

describe.each(Object.entries(probes))('%s', (_, probe) => {
  test('tells nothing, silence and another protocol apart', async () => {
    const closed = await peer((socket) => socket.destroy());
    const silent = await peer(() => {});
    const web = await peer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await probe(closed, 500)).toBe('silent');
    expect(await probe(silent, 100)).toBe('silent');
    expect(await probe(web, 500)).toBe('other');
    expect(await probe({ host: '127.0.0.1', port: 1 }, 500)).toBe('none');
  });
});

test('PostgreSQL that starts up is told from one that refuses the user', () => {
  expect(readStartupReply(Buffer.from('R\0\0\0\x08\0\0\0\0', 'latin1'))).toBe('answers');
  expect(readStartupReply(Buffer.from('E\0\0\0\x20SFATAL\0VFATAL\0C57P03\0Mx\0\0', 'latin1'))).toBe('starting');
  expect(readStartupReply(Buffer.from('E\0\0\0\x20SFATAL\0VFATAL\0C28000\0Mx\0\0', 'latin1'))).toBe('answers');
  expect(readStartupReply(Buffer.from('HTTP'))).toBe('other');
});

test('Redis that loads is told from one that wants a password', () => {
  expect(readPong('+PONG\r\n')).toBe('answers');
  expect(readPong('-NOAUTH Authentication required.\r\n')).toBe('answers');
  expect(readPong('-LOADING Redis is loading the dataset in memory\r\n')).toBe('starting');
  expect(readPong('HTTP/1.1 400 Bad Request\r\n')).toBe('other');
});

test('Redis tells its version, unless it wants a password', async () => {
  const open = await peer((socket) => socket.write('$99\r\n# Server\r\nredis_version:7.0.15\r\nredis_git'));
  const locked = await peer((socket) => socket.write('-NOAUTH Authentication required.\r\n'));
  expect(await redisVersion(open, 500)).toBe('7.0.15');
  expect(await redisVersion(locked, 500)).toBeUndefined();
});

test('a Kafka reply is a whole frame with our correlation id; brokers are counted in it', () => {
  const frame = requestFrame(3, 4, Buffer.from([0, 0, 0, 0, 0]));
  expect(frame.readInt32BE(0)).toBe(frame.length - 4);
  const reply = Buffer.alloc(20);
  reply.writeInt32BE(16, 0);
  frame.copy(reply, 4, 8, 12);
  reply.writeInt32BE(3, 12);
  expect(isReply(reply)).toBe(true);
  expect(brokerCount(reply)).toBe(3);
  expect(isReply(reply.subarray(0, 15))).toBe(false);
  expect(brokerCount(Buffer.from('HTTP/1.1 400'))).toBe(0);
});
