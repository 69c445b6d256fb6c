import { createHash } from 'node:crypto';
import { DEAD_LETTER_HEADERS, DEAD_LETTER_PREFIX } from '../kafka/read/dead-letter-headers.ts';
import type { LogRecord, RecordHeaders } from '../kafka/read/order-log.ts';
import { withinRfc3339 } from '../lib/rfc3339.ts';
import { isRejectionReason, type RejectionReason } from '../order/rejection.ts';

/** Where a letter stands in the dead-letter topic. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
}

/** Where a message stood in the topic it was rejected from. */
export interface Source extends Position {
  readonly topic: string;
}

export type LetterReason = RejectionReason | 'unknown';

/** A message of the dead-letter topic. Its buffers share the fetch answer's memory: do not keep it for long. */
export interface DeadLetter extends Position {
  /** A UUID by content and source: two records of one rejected message have the same, any others differ. */
  readonly id: string;
  /** `unknown` when the headers name none of the closed set. */
  readonly reason: LetterReason;
  readonly detail: string;
  /** Undefined for a foreign message: one that this service's consumer did not put there. */
  readonly source: Source | undefined;
  /** When it was rejected, ms since the Unix epoch; of a foreign message, when it was written. */
  readonly at: number;
  /** How often it was sent back to its topic before. */
  readonly replays: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Bytes the value had, where the broker took only its start. */
  readonly truncated?: number;
  /** The original headers, without those of dead letters. */
  readonly headers: RecordHeaders;
}

/** Record → letter; never throws. `topicId` is the dead-letter topic's. */
export function parseLetter(topicId: string, partition: number, record: LogRecord): DeadLetter {
  const own = new Map<string, string>();
  const headers = record.headers.filter(([name, value]) => {
    const text = name?.toString() ?? '';
    if (!text.startsWith(DEAD_LETTER_PREFIX)) return true;
    own.set(text, value?.toString() ?? '');
    return false;
  });
  const { key, value, offset } = record;
  const source = sourceOf(own);
  const replays = wholeNumber(own.get(DEAD_LETTER_HEADERS.replays)) ?? 0;
  const truncated = wholeNumber(own.get(DEAD_LETTER_HEADERS.truncated));
  const reason = own.get(DEAD_LETTER_HEADERS.reason) ?? '';
  const place = source === undefined ? [partition, offset] : [source.topic, source.partition, source.offset];
  return {
    id: letterId([topicId, source === undefined ? 'foreign' : 'rejected', ...place, replays], key, value),
    partition,
    offset,
    reason: isRejectionReason(reason) ? reason : 'unknown',
    detail: own.get(DEAD_LETTER_HEADERS.detail) ?? '',
    source,
    at: withinRfc3339(wholeNumber(own.get(DEAD_LETTER_HEADERS.at)) ?? record.timestamp),
    replays,
    key,
    value,
    ...(truncated !== undefined && { truncated }),
    headers,
  };
}

/** `3:17`: partition 3, offset 17. */
export function formatPosition({ partition, offset }: Position): string {
  return `${partition}:${offset}`;
}

/** The opposite of `formatPosition`; undefined when the text is no position. */
export function parsePosition(text: string): Position | undefined {
  const match = /^(\d{1,9}):(\d{1,15})$/.exec(text);
  return match === null ? undefined : { partition: Number(match[1]), offset: Number(match[2]) };
}

function sourceOf(headers: ReadonlyMap<string, string>): Source | undefined {
  const topic = headers.get(DEAD_LETTER_HEADERS.topic);
  const partition = wholeNumber(headers.get(DEAD_LETTER_HEADERS.partition));
  const offset = wholeNumber(headers.get(DEAD_LETTER_HEADERS.offset));
  if (!topic || partition === undefined || offset === undefined) return undefined;
  return { topic, partition, offset };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * The content is part of it, because offsets begin anew in a topic that was re-created; the time of rejection is not, because a
 * consumer that was killed between the letter and its commit rejects the message once more.
 */
function letterId(place: readonly (string | number)[], key: Buffer | null, value: Buffer | null): string {
  const hash = createHash('sha256').update(JSON.stringify([...place, key?.length, value?.length]));
  if (key !== null) hash.update(key);
  if (value !== null) hash.update(value);
  const hex = hash.digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
