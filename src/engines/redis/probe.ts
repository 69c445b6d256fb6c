import type { Address } from '../../lib/address.ts';
import { type Answer, exchange } from '../exchange.ts';

/** Whether Redis answers a PING. One that demands a password answers; one that loads its data is starting. */
export async function probeRedis(address: Address, timeoutMs: number): Promise<Answer> {
  const reply = await exchange(address, Buffer.from('PING\r\n'), endsWithLine, timeoutMs);
  return reply.kind === 'bytes' ? readPong(reply.bytes.toString('latin1')) : reply.kind;
}

/** Over TLS only the connection is tried: the client itself checks the rest. */
export async function probeRedisTls(address: Address, timeoutMs: number): Promise<Answer> {
  const reply = await exchange(address, new Uint8Array(), () => true, Math.min(timeoutMs, 250));
  return reply.kind === 'none' ? 'none' : 'answers';
}

/** The engine's state in its reply to PING. */
export function readPong(line: string): Answer {
  if (/^\+PONG\r\n$/.test(line) || /^-(NOAUTH|NOPERM|DENIED|ERR max)/.test(line)) return 'answers';
  return /^-(LOADING|MASTERDOWN)/.test(line) ? 'starting' : 'other';
}

/** Version of the Redis there, or undefined when it doesn't tell (a password is set, it has gone). */
export async function redisVersion(address: Address, timeoutMs: number): Promise<string | undefined> {
  const reply = await exchange(
    address,
    Buffer.from('INFO server\r\n'),
    (bytes) => /redis_version:[^\r]*\r\n/.test(bytes.toString('latin1')) || bytes[0] === 0x2d,
    timeoutMs,
  );
  if (reply.kind !== 'bytes') return undefined;
  return /redis_version:([^\r]*)/.exec(reply.bytes.toString('latin1'))?.[1];
}

function endsWithLine(bytes: Buffer): boolean {
  return bytes.toString('latin1').endsWith('\r\n');
}
