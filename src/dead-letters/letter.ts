import { createHash } from 'node:crypto';
import {
  DEAD_LETTER_HEADERS,
  DEAD_LETTER_PREFIX,
  type DeadLetter,
  type LetterSummary,
  orderUidOf,
  wholeNumber,
} from '../contract/letter.ts';
import type { RedriveRecord } from '../contract/redrive.ts';
import type { LogRecord } from '../kafka/read/order-log.ts';
import { withinRfc3339 } from '../lib/rfc3339.ts';
import { isRejectionReason } from '../order/rejection.ts';

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

/** A letter without its value, in memory of its own. */
export function summaryOf(letter: DeadLetter, redriven?: RedriveRecord): LetterSummary {
  const { partition, offset, reason, detail, source, at, replays, key, value } = letter;
  return {
    partition,
    offset,
    reason,
    detail,
    source,
    at,
    replays,
    key: key && Buffer.from(key),
    orderUid: orderUidOf(letter),
    valueBytes: value?.length ?? null,
    redrivenAt: redriven?.at,
  };
}

function sourceOf(headers: ReadonlyMap<string, string>): DeadLetter['source'] {
  const topic = headers.get(DEAD_LETTER_HEADERS.topic);
  const partition = wholeNumber(headers.get(DEAD_LETTER_HEADERS.partition));
  const offset = wholeNumber(headers.get(DEAD_LETTER_HEADERS.offset));
  if (!topic || partition === undefined || offset === undefined) return undefined;
  return { topic, partition, offset };
}

/**
 * The content is part of it, because offsets begin anew in a topic that was re-created; the time of rejection is not,
 * because a consumer that was killed between the letter and its commit rejects the message once more.
 */
function letterId(place: readonly (string | number)[], key: Buffer | null, value: Buffer | null): string {
  const hash = createHash('sha256').update(JSON.stringify([...place, key?.length, value?.length]));
  if (key !== null) hash.update(key);
  if (value !== null) hash.update(value);
  const hex = hash.digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
