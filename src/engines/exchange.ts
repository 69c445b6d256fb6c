import { connect } from 'node:net';
import type { Address } from '../lib/address.ts';

/**
 * answers: the engine serves. starting: the engine, not serving yet. silent: something accepts connections and
 * says nothing. other: something that isn't this engine. none: nothing listens.
 */
export type Answer = 'answers' | 'starting' | 'silent' | 'other' | 'none';

/** What came back: the bytes received, or why there are none. */
export type EngineReply =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'silent' }
  | { readonly kind: 'none' };

/**
 * Connects, sends, and collects the reply until `isComplete` says so, the peer closes, or the time is up.
 * Never throws: a peer that can't be reached is `none`, one that accepts and says nothing is `silent`.
 */
export function exchange(
  address: Address,
  request: Uint8Array,
  isComplete: (bytes: Buffer) => boolean,
  timeoutMs: number,
): Promise<EngineReply> {
  return new Promise((resolve) => {
    let received: Buffer = Buffer.alloc(0);
    let connected = false;
    const socket = connect({ host: address.host, port: address.port });
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      if (received.length > 0) resolve({ kind: 'bytes', bytes: received });
      else resolve({ kind: connected ? 'silent' : 'none' });
    };
    const timer = setTimeout(finish, timeoutMs);
    socket.on('connect', () => {
      connected = true;
      socket.write(request);
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (isComplete(received) || received.length > 1_048_576) finish();
    });
    socket.on('error', finish);
    socket.on('close', finish);
  });
}
