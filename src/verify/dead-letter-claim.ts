import { createHash } from 'node:crypto';
import {
  DEAD_LETTER_HEADERS,
  isDeadLetterHeader,
  originalHeaders,
  type RecordHeaders,
} from '../contract/letter.ts';
import type { LogRecord } from '../kafka/read/order-log.ts';

/** What a dead letter says of the message it was made of, without the message's topic. */
export interface Letter {
  readonly partition: number;
  readonly offset: number;
  /** As written; the set of reasons is checked against the message. */
  readonly reason: string;
  readonly detail: string;
  readonly replays: string;
  /** When it was rejected, ms since the Unix epoch; undefined when the header is no instant. */
  readonly at: number | undefined;
  /** The letter's own timestamp. */
  readonly writtenAt: number;
  /** Tell the bytes of the value, the key and the original headers from any others. */
  readonly digest: string;
  readonly key: string;
  readonly headers: string;
  /** Bytes of the value; null without one. */
  readonly bytes: number | null;
  /** Bytes the value had, and headers there were, on a letter that the broker took only in part; −1 for no number. */
  readonly truncated: number | undefined;
  readonly headersDropped: number | undefined;
}

export interface DeadLetterClaim extends Letter {
  readonly topic: string;
}

/** Reads a record of the dead-letter topic; undefined when its headers do not say where it comes from. */
export function readClaim(record: LogRecord): DeadLetterClaim | undefined {
  // The last header of a name counts: the consumer writes its own after the original ones.
  const own = new Map<string, string>();
  for (const [name, value] of record.headers) {
    const text = name?.toString();
    if (text !== undefined && isDeadLetterHeader(text)) own.set(text, value?.toString() ?? '');
  }
  const topic = own.get(DEAD_LETTER_HEADERS.topic);
  const partition = wholeNumber(own.get(DEAD_LETTER_HEADERS.partition));
  const offset = wholeNumber(own.get(DEAD_LETTER_HEADERS.offset));
  if (topic === undefined || partition === undefined || offset === undefined) return undefined;
  const cut = (name: string): number | undefined =>
    own.has(name) ? (wholeNumber(own.get(name)) ?? -1) : undefined;
  return {
    topic,
    partition,
    offset,
    reason: own.get(DEAD_LETTER_HEADERS.reason) ?? '',
    detail: own.get(DEAD_LETTER_HEADERS.detail) ?? '',
    replays: own.get(DEAD_LETTER_HEADERS.replays) ?? '',
    at: wholeNumber(own.get(DEAD_LETTER_HEADERS.at)),
    writtenAt: record.timestamp,
    digest: digestOf(record.value),
    key: digestOf(record.key),
    headers: headersDigest(originalHeaders(record.headers)),
    bytes: record.value?.length ?? null,
    truncated: cut(DEAD_LETTER_HEADERS.truncated),
    headersDropped: cut(DEAD_LETTER_HEADERS.headersDropped),
  };
}

/** Same digest, same bytes; no bytes have one of their own. */
export function digestOf(bytes: Buffer | null): string {
  return bytes === null ? 'none' : createHash('sha256').update(bytes).digest('base64');
}

/** Same digest, same names and values in the same order. */
export function headersDigest(headers: RecordHeaders): string {
  const text = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null;
  return digestOf(Buffer.from(JSON.stringify(headers.map(([name, value]) => [text(name), text(value)]))));
}

function wholeNumber(digits: string | undefined): number | undefined {
  return digits !== undefined && /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}
