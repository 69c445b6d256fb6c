import { createHash } from 'node:crypto';
import {
  DEAD_LETTER_HEADERS,
  isDeadLetterHeader,
  originalHeaders,
  REPLAYS,
  type RecordHeaders,
  wholeNumber,
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
  /** When it was rejected, ms since the Unix epoch; undefined when the header is not an instant. */
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
  const cut = (name: string): number | undefined => (own.has(name) ? (wholeNumber(own.get(name)) ?? -1) : undefined);
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
function digestOf(bytes: Buffer | null): string {
  return bytes === null ? 'none' : createHash('sha256').update(bytes).digest('base64');
}

/** Same digest, same names and values in the same order. */
function headersDigest(headers: RecordHeaders): string {
  const text = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null;
  return digestOf(Buffer.from(JSON.stringify(headers.map(([name, value]) => [text(name), text(value)]))));
}

/** How far clocks of producers, brokers and consumers may differ without a doubt about what they say, ms. */
export const CLOCK_TOLERANCE_MS = 2 * 60 * 60_000;

/** Whether a letter holds the bytes of the message's value, or the start of them when it says that it was cut. */
export function holdsValue({ bytes, digest, truncated }: Letter, value: Buffer | null): boolean {
  if (value === null || bytes === null) return value === null && bytes === null;
  if (truncated === undefined ? bytes !== value.length : bytes > value.length) return false;
  return digest === digestOf(value.subarray(0, bytes));
}

/**
 * What of a letter that holds the message's value is not as the service writes it. `detail` is what it has to say;
 * undefined when nobody can tell, as of what the database said.
 */
export function faultsOf(letter: Letter, record: LogRecord, detail: string | undefined): string[] {
  const headers = originalHeaders(record.headers);
  const { truncated, headersDropped } = letter;
  const replays = record.header(REPLAYS)?.toString() ?? '0';
  const kept = headersDropped === undefined ? headers : [];
  const checks: readonly [string, boolean][] = [
    ['key', letter.key === digestOf(record.key)],
    ['headers', letter.headers === headersDigest(kept)],
    [DEAD_LETTER_HEADERS.detail, detail === undefined || letter.detail === detail],
    [DEAD_LETTER_HEADERS.replays, letter.replays === replays],
    [DEAD_LETTER_HEADERS.at, isTimely(letter, record)],
    [DEAD_LETTER_HEADERS.truncated, truncated === undefined || truncated === (record.value?.length ?? 0)],
    [DEAD_LETTER_HEADERS.headersDropped, headersDropped === undefined || headersDropped === headers.length],
  ];
  return checks.flatMap(([what, right]) => (right ? [] : [what]));
}

/** What was cut off a letter because the broker takes no more, for people; undefined for a whole one. */
export function cutOf({ bytes, truncated, headersDropped }: Letter): string | undefined {
  if (truncated === undefined && headersDropped === undefined) return undefined;
  const headers = headersDropped === undefined ? '' : `, without its ${headersDropped} headers`;
  return `holds ${bytes ?? 0} of ${truncated ?? bytes ?? 0} bytes${headers}: its topic takes no more, the whole message is at its place`;
}

/**
 * Rejected after the message was written, as far as its clock can be believed, and about when the letter was written:
 * one that went without a time of its own says nothing of that.
 */
function isTimely({ at, writtenAt }: Letter, { timestamp }: LogRecord): boolean {
  if (at === undefined || (writtenAt >= 0 && Math.abs(writtenAt - at) > CLOCK_TOLERANCE_MS)) return false;
  return timestamp > writtenAt || at >= timestamp - CLOCK_TOLERANCE_MS;
}
