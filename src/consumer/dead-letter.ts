import { DEAD_LETTER_HEADERS } from '../kafka/dead-letter-headers.ts';
import type { OutgoingMessage } from '../kafka/message-sender.ts';
import type { LogRecord } from '../kafka/order-log.ts';
import type { Rejection } from '../order/rejection.ts';

/** A rejected record and where it stood. */
export interface RejectedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly record: LogRecord;
  readonly rejection: Rejection;
  /** ms since the Unix epoch. */
  readonly at: number;
}

const OWN = new Set<string>(Object.values(DEAD_LETTER_HEADERS));
const REPLAYS = Buffer.from(DEAD_LETTER_HEADERS.replays);

/**
 * The dead letter of a record: its key, its value's bytes and its headers as they were, and why it is one. `dl-replays` is kept: it
 * counts how often the message was sent back to its topic.
 */
export function deadLetterOf(rejected: RejectedRecord): OutgoingMessage {
  const { record, rejection } = rejected;
  const headers = {
    [DEAD_LETTER_HEADERS.reason]: rejection.reason,
    [DEAD_LETTER_HEADERS.detail]: rejection.detail,
    [DEAD_LETTER_HEADERS.topic]: rejected.topic,
    [DEAD_LETTER_HEADERS.partition]: String(rejected.partition),
    [DEAD_LETTER_HEADERS.offset]: String(record.offset),
    [DEAD_LETTER_HEADERS.at]: String(rejected.at),
    [DEAD_LETTER_HEADERS.replays]: record.header(REPLAYS) ?? '0',
  };
  const carried = record.headers.filter(([name]) => name === null || !OWN.has(name.toString()));
  return { key: record.key, value: record.value, headers, carried };
}

/** What is kept of a value that the dead-letter topic refuses to take whole. */
const TRUNCATED_BYTES = 65_536;

/**
 * The same letter with only the start of its value, and without the original headers: for a cluster whose dead-letter topic takes
 * less than its source. `dl-truncated` says how long the value was; the whole of it is where `dl-topic` and `dl-offset` say.
 */
export function truncatedLetter(letter: OutgoingMessage): OutgoingMessage {
  const headers = {
    ...letter.headers,
    [DEAD_LETTER_HEADERS.truncated]: String(letter.value?.length ?? 0),
  };
  return { key: letter.key, value: letter.value?.subarray(0, TRUNCATED_BYTES) ?? null, headers };
}
