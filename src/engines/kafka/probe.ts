import type { Address } from '../../lib/address.ts';
import { type Answer, exchange } from '../exchange.ts';

const API_VERSIONS = 18;
const METADATA = 3;
const CORRELATION_ID = 0x54535256;

/**
 * Whether a broker serves: it answers ApiVersions, and its metadata lists a broker (while it is fenced at start-up
 * there is none, and topics can't be created yet). https://kafka.apache.org/protocol.html
 */
export async function probeKafka(address: Address, timeoutMs: number): Promise<Answer> {
  const versions = await exchange(address, request(API_VERSIONS, 0, Buffer.alloc(0)), isFrame, timeoutMs);
  if (versions.kind !== 'bytes') return versions.kind;
  if (!isReply(versions.bytes)) return 'other';
  // Version 4: no topics asked for, none to be created.
  const body = Buffer.from([0, 0, 0, 0, 0]);
  const metadata = await exchange(address, request(METADATA, 4, body), isFrame, timeoutMs);
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
export function request(apiKey: number, apiVersion: number, body: Buffer): Buffer {
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
  // Anything else (an HTTP error, a banner) reads as an absurd length: no need to wait for more of it.
  return length < 4 || length > 1_048_576 || bytes.length >= 4 + length;
}
