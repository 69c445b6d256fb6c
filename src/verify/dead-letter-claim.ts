import { createHash } from 'node:crypto';
import { DEAD_LETTER_HEADERS } from '../kafka/dead-letter-headers.ts';
import type { LogRecord } from '../kafka/order-log.ts';

/** What a dead letter says of the message it was made of. */
export interface DeadLetterClaim {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** As written; the set of reasons is checked against the message. */
  readonly reason: string;
  /** When it was rejected, ms since the Unix epoch. */
  readonly at: number;
  /** Tells the value's bytes from any others. */
  readonly digest: string;
}

const names = {
  topic: Buffer.from(DEAD_LETTER_HEADERS.topic),
  partition: Buffer.from(DEAD_LETTER_HEADERS.partition),
  offset: Buffer.from(DEAD_LETTER_HEADERS.offset),
  reason: Buffer.from(DEAD_LETTER_HEADERS.reason),
  at: Buffer.from(DEAD_LETTER_HEADERS.at),
};

/** Reads a record of the dead-letter topic; undefined when its headers do not say where it comes from. */
export function readClaim(record: LogRecord): DeadLetterClaim | undefined {
  const topic = text(record, names.topic);
  const partition = wholeNumber(text(record, names.partition));
  const offset = wholeNumber(text(record, names.offset));
  if (topic === undefined || partition === undefined || offset === undefined) return undefined;
  return {
    topic,
    partition,
    offset,
    reason: text(record, names.reason) ?? '',
    at: wholeNumber(text(record, names.at)) ?? record.timestamp,
    digest: digestOf(record.value),
  };
}

/** Same digest, same bytes; a message without a value has one of its own. */
export function digestOf(value: Buffer | null): string {
  return value === null ? 'none' : createHash('sha256').update(value).digest('base64');
}

/** The last header of a name counts: the consumer writes its own after the original ones. */
function text(record: LogRecord, name: Buffer): string | undefined {
  let found: Buffer | null | undefined;
  for (const [key, value] of record.headers) if (key?.equals(name) === true) found = value;
  return found?.toString();
}

function wholeNumber(digits: string | undefined): number | undefined {
  return digits !== undefined && /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}
