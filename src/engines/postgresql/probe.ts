import type { Address } from '../../lib/address.ts';
import { type Answer, exchange } from '../exchange.ts';

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Whether PostgreSQL answers, by the start of its protocol and without a password: it must reply to SSLRequest with
 * one letter, then to a start-up message with an authentication request.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
export async function probePostgresql(address: Address, timeoutMs: number): Promise<Answer> {
  const first = await exchange(address, SSL_REQUEST, (bytes) => bytes.length > 0, timeoutMs);
  if (first.kind !== 'bytes') return first.kind;
  const letter = first.bytes.toString('latin1');
  // Encryption is on offer: only PostgreSQL says that, and starting the session would need TLS.
  if (letter === 'S') return 'answers';
  if (letter !== 'N') return 'other';
  const second = await exchange(address, startupMessage(), (bytes) => bytes.length > 5, timeoutMs);
  if (second.kind !== 'bytes') return second.kind;
  return readStartupReply(second.bytes);
}

/** An error's SQLSTATE 57P03 (cannot_connect_now) means start-up or recovery; any other refusal is an answer. */
export function readStartupReply(bytes: Buffer): Answer {
  const text = bytes.toString('latin1');
  if (text.startsWith('R')) return 'answers';
  if (!text.startsWith('E')) return 'other';
  return text.includes('\0C57P03\0') ? 'starting' : 'answers';
}

function startupMessage(): Buffer {
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0application_name\0probe\0\0', 'latin1');
  const message = Buffer.alloc(8 + parameters.length);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(196_608, 4);
  parameters.copy(message, 8);
  return message;
}
