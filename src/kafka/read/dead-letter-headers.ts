import type { RecordHeaders } from './order-log.ts';

/** Headers a dead letter has besides the original ones. */
export const DEAD_LETTER_HEADERS = {
  reason: 'dl-reason',
  detail: 'dl-detail',
  topic: 'dl-topic',
  partition: 'dl-partition',
  offset: 'dl-offset',
  at: 'dl-at',
  replays: 'dl-replays',
  /** Bytes the value had, on a letter the broker took only without the end of it. */
  truncated: 'dl-truncated',
  /** How many original headers were left out of it, because they did not fit either. */
  headersDropped: 'dl-headers-dropped',
} as const;

/** A rejected message that was sent back before has it, too. */
export const REPLAYS = Buffer.from(DEAD_LETTER_HEADERS.replays);

const OWN = new Set<string>(Object.values(DEAD_LETTER_HEADERS));

/** Whether a header of that name is the dead letter's own. */
export function isDeadLetterHeader(name: string): boolean {
  return OWN.has(name);
}

/** What of a message's headers a dead letter of it carries, or what of a dead letter's headers the message had. */
export function originalHeaders(headers: RecordHeaders): RecordHeaders {
  return headers.filter(([name]) => name === null || !OWN.has(name.toString()));
}

/** All of them start with this, and a message sent back has none of them but `dl-replays` and `dl-redrive-id`. */
export const DEAD_LETTER_PREFIX = 'dl-';

/** On a message sent back to its topic: `<batch>/<letter>`, by which an interrupted redrive finds what it had sent. */
export const REDRIVE_ID_HEADER = 'dl-redrive-id';
