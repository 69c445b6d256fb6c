import { connect, type Socket } from 'node:net';
import { connect as startTls } from 'node:tls';
import { type Address, formatAddress, isSocket } from '../lib/address.ts';
import { AppError } from '../lib/app-error.ts';
import { speaksTls } from '../lib/tls.ts';

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
 * letter, then to a start-up message with an authentication request, over TLS where it offers that. Never throws.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
export async function probePostgresql(address: Address, timeoutMs: number): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  let soFar: Answer = 'none';
  const end = (): void => resolve(soFar);
  const timer = setTimeout(end, timeoutMs);
  const ask = (stream: Socket): void => {
    stream.on('error', end).once('data', (reply: Buffer) => resolve(readStartupReply(reply)));
    stream.write(startupMessage());
  };
  const socket = connect(isSocket(address.host) ? { path: formatAddress(address) } : { ...address });
  socket.on('error', end).on('close', end);
  socket.once('connect', () => {
    soFar = 'silent';
    socket.write(SSL_REQUEST);
  });
  socket.once('data', (bytes: Buffer) => {
    const letter = bytes.toString('latin1');
    if (letter === 'N') ask(socket);
    else if (letter === 'S') {
      // Only PostgreSQL offers encryption so. Whose certificate it has is for the sessions to check.
      soFar = 'answers';
      ask(startTls({ socket, rejectUnauthorized: false }));
    } else resolve('other');
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
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
const SASL_HANDSHAKE = 17;
const CORRELATION_ID = 0x54535256;

/**
 * Whether a broker without TLS and login serves: it answers ApiVersions, and its metadata lists a broker (while it is fenced at start-up
 * there is none, and topics can't be created yet). https://kafka.apache.org/protocol.html
 * @throws AppError when it wants TLS or a login
 */
export async function probeKafka(address: Address, timeoutMs: number): Promise<Answer> {
  const versions = await exchange(address, requestFrame(API_VERSIONS, 0, Buffer.alloc(0)), isFrame, timeoutMs);
  if (versions.kind !== 'bytes') return versions.kind;
  if (isTlsRecord(versions.bytes)) {
    const advice = 'set kafka.tls.enabled: true, or use another port';
    throw new AppError('engine_unavailable', `${formatAddress(address)} speaks TLS`, { advice });
  }
  if (!isReply(versions.bytes)) return 'other';
  // Version 4: no topics asked for, none to be created.
  const body = Buffer.from([0, 0, 0, 0, 0]);
  const metadata = await exchange(address, requestFrame(METADATA, 4, body), isFrame, timeoutMs);
  if (metadata.kind === 'bytes') return brokerCount(metadata.bytes) > 0 ? 'answers' : 'starting';
  // A broker that wants a login ends the connection there, and lists its mechanisms when asked for one it lacks.
  const login = requestFrame(SASL_HANDSHAKE, 1, Buffer.from('\0\u0001?', 'latin1'));
  const offer = await exchange(address, login, isFrame, timeoutMs);
  if (offer.kind !== 'bytes' || !isReply(offer.bytes)) return metadata.kind;
  const advice = `set kafka.sasl.mechanism to ${mechanismsIn(offer.bytes).join(' or ')}`;
  throw new AppError('engine_unavailable', `${formatAddress(address)} wants a login`, { advice });
}

/** An alert or the like, which servers of TLS answer to anything else. */
function isTlsRecord(bytes: Buffer): boolean {
  return bytes.length >= 3 && (bytes[0] ?? 0) >= 0x14 && (bytes[0] ?? 0) <= 0x17 && bytes[1] === 3;
}

/** The mechanisms in a SaslHandshake v1 response. */
function mechanismsIn(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 14; at + 2 < bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at);
    found.push(bytes.toString('latin1', at + 2, end));
    at = end;
  }
  return found;
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

/**
 * Whether a Redis or a Sentinel is there. One that demands a password, or TLS, answers: the client says what it wants.
 * One that loads its data is starting.
 */
export async function probeRedis(address: Address, timeoutMs: number): Promise<Answer> {
  const reply = await exchange(address, Buffer.from('PING\r\n'), endsWithLine, timeoutMs);
  if (reply.kind === 'bytes') return readPong(reply.bytes.toString('latin1'));
  // A server of TLS hangs up.
  return reply.kind === 'silent' && (await speaksTls(address, timeoutMs)) ? 'answers' : reply.kind;
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
