import { DEAD_LETTER_HEADERS, originalHeaders, REPLAYS } from '../contract/letter.ts';
import type { LogRecord } from '../kafka/read/order-log.ts';
import { type MessageSender, MessagesRejectedError, type OutgoingMessage } from '../kafka/send/message-sender.ts';
import type { Rejection } from '../order/rejection.ts';
import type { Logger } from '../telemetry/logger.ts';

/** A rejected record and where it stood. */
export interface RejectedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly record: LogRecord;
  readonly rejection: Rejection;
  /** ms since the Unix epoch. */
  readonly at: number;
}

/**
 * The dead letter of a record: its key, value and headers unchanged, and the reason. `dl-replays`, which counts how
 * often the message was sent back to its topic, is kept.
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
  return { key: record.key, value: record.value, headers, carried: originalHeaders(record.headers) };
}

/** Bytes kept of a value that the dead-letter topic refuses as a whole. */
const TRUNCATED_BYTES = 65_536;

/** Letters named in one log line. */
const LOGGED = 20;

/**
 * Sends letters. One that is too large would block its partition for ever, so it goes with only the start of its value,
 * and if that is still too large, without its original headers. This happens when the dead-letter topic accepts less
 * than its source. `dl-truncated` and `dl-headers-dropped` record it; `dl-topic` and `dl-offset` say where the whole
 * message is. @throws what the sender throws
 */
export async function sendDeadLetters(
  sender: MessageSender,
  topic: string,
  letters: readonly OutgoingMessage[],
  logger: Logger,
): Promise<void> {
  let left = letters;
  for (const cut of [startOfValue, withoutHeaders]) {
    try {
      await sender.send(topic, left);
      return;
    } catch (error) {
      if (!(error instanceof MessagesRejectedError)) throw error;
      const tooLarge = left.filter((_, index) => error.rejected.get(index) === 'too_large');
      if (tooLarge.length < error.rejected.size) throw error;
      left = tooLarge.map(cut);
      const places = left.slice(0, LOGGED).map(placeOf);
      logger.warn({ topic, letters: left.length, places, lost: LOST.get(cut), error: error.message }, CUT);
    }
  }
  await sender.send(topic, left);
}

const CUT = 'the dead-letter topic refuses letters, cutting them';

/** The same letter with only the start of its value; a short one stays whole. */
function startOfValue(letter: OutgoingMessage): OutgoingMessage {
  const { value } = letter;
  if (value === null || value.length <= TRUNCATED_BYTES) return letter;
  const headers = { ...letter.headers, [DEAD_LETTER_HEADERS.truncated]: String(value.length) };
  return { ...letter, value: value.subarray(0, TRUNCATED_BYTES), headers };
}

function withoutHeaders({ carried = [], ...letter }: OutgoingMessage): OutgoingMessage {
  if (carried.length === 0) return letter;
  const headers = { ...letter.headers, [DEAD_LETTER_HEADERS.headersDropped]: String(carried.length) };
  return { ...letter, headers };
}

const LOST = new Map([
  [startOfValue, `all of the value but ${TRUNCATED_BYTES} bytes`],
  [withoutHeaders, 'the original headers'],
]);

/** `3/42`: where the message stood. */
function placeOf({ headers }: OutgoingMessage): string {
  return `${headers[DEAD_LETTER_HEADERS.partition]}/${headers[DEAD_LETTER_HEADERS.offset]}`;
}
