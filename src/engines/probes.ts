import { connect } from 'node:net';
import type { Address } from '../lib/address.ts';

/**
 * answers: the engine serves. starting: the engine, not serving yet. silent: something accepts connections and
 * says nothing. other: something that isn't this engine. none: nothing listens.
 */
export type Answer = 'answers' | 'starting' | 'silent' | 'other' | 'none';

/** The bytes received, or why there are none. */
type Exchanged =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'silent' }
  | { readonly kind: 'none' };

/**
 * Connects, sends the request, and collects the reply until it is complete, the peer closes, or the time is up.
 * Never throws: a peer that can't be reached is `none`, one that accepts and says nothing is `silent`.
 */
function exchange(
  address: Address,
  request: Uint8Array,
  isComplete: (bytes: Buffer) => boolean,
  timeoutMs: number,
): Promise<Exchanged> {
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

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Whether PostgreSQL answers, by the start of its protocol and without a password: it must reply to SSLRequest with one
 * letter, then to a start-up message with an authentication request.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
export async function probePostgresql(address: Address, timeoutMs: number): Promise<Answer> {
  const first = await exchange(address, SSL_REQUEST, (bytes) => bytes.length > 0, timeoutMs);
  if (first.kind !== 'bytes') return first.kind;
  const letter = first.bytes.toString('latin1');
  // It offers encryption, which only PostgreSQL does here; the session would need TLS.
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

const API_VERSIONS = 18;
const METADATA = 3;
const CORRELATION_ID = 0x54535256;

/**
 * Whether a broker serves: it answers ApiVersions, and its metadata lists a broker (while it is fenced at start-up
 * there is none, and topics can't be created yet). https://kafka.apache.org/protocol.html
 */
export async function probeKafka(address: Address, timeoutMs: number): Promise<Answer> {
  const versions = await exchange(address, requestFrame(API_VERSIONS, 0, Buffer.alloc(0)), isFrame, timeoutMs);
  if (versions.kind !== 'bytes') return versions.kind;
  if (!isReply(versions.bytes)) return 'other';
  // Version 4: no topics asked for, none to be created.
  const body = Buffer.from([0, 0, 0, 0, 0]);
  const metadata = await exchange(address, requestFrame(METADATA, 4, body), isFrame, timeoutMs);
  // A broker that demands authentication closes the connection here; it serves those who log in.
  if (metadata.kind !== 'bytes') return 'answers';
  return brokerCount(metadata.bytes) > 0 ? 'answers' : 'starting';
}

/** A whole response frame that carries our correlation id. */
export function isReply(bytes: Buffer): boolean {
  return isFrame(bytes) && bytes.length >= 8 && bytes.readInt32BE(4) === CORRELATION_ID;
}

/** Brokers in a Metadata v4 response; 0 when it isn't one. */
export function brokerCount(bytes: Buffer): number {
  return isReply(bytes) && bytes.length >= 16 ? bytes.readInt32BE(12) : 0;
}

/** A request frame with header version 1. */
export function requestFrame(apiKey: number, apiVersion: number, body: Buffer): Buffer {
  const clientId = Buffer.from('probe');
  const frame = Buffer.alloc(14 + clientId.length + body.length);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(apiKey, 4);
  frame.writeInt16BE(apiVersion, 6);
  frame.writeInt32BE(CORRELATION_ID, 8);
  frame.writeInt16BE(clientId.length, 12);
  clientId.copy(frame, 14);
  body.copy(frame, 14 + clientId.length);
  return frame;
}

function isFrame(bytes: Buffer): boolean {
  if (bytes.length < 4) return false;
  const length = bytes.readInt32BE(0);
  // Anything else (an HTTP error, a banner) reads as an absurd length.
  return length < 4 || length > 1_048_576 || bytes.length >= 4 + length;
}

/** Whether Redis answers a PING. A Redis that demands a password answers, one that loads its data is starting. */
export async function probeRedis(address: Address, timeoutMs: number): Promise<Answer> {
  const reply = await exchange(address, Buffer.from('PING\r\n'), endsWithLine, timeoutMs);
  return reply.kind === 'bytes' ? readPong(reply.bytes.toString('latin1')) : reply.kind;
}

/** Over TLS only the connection is tried; the client checks the rest. */
export async function probeRedisTls(address: Address, timeoutMs: number): Promise<Answer> {
  const reply = await exchange(address, new Uint8Array(), () => true, Math.min(timeoutMs, 250));
  return reply.kind === 'none' ? 'none' : 'answers';
}

/** The state that a reply to PING means. */
export function readPong(line: string): Answer {
  if (/^\+PONG\r\n$/.test(line) || /^-(NOAUTH|NOPERM|DENIED|ERR max)/.test(line)) return 'answers';
  return /^-(LOADING|MASTERDOWN)/.test(line) ? 'starting' : 'other';
}

/** The version of the Redis there; undefined when it doesn't tell: it has a password, or is gone. */
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
