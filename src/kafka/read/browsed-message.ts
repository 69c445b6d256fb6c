import { DEAD_LETTER_HEADERS, type RecordHeaders } from '../../contract/letter.ts';
import { startOf, type TextOrBase64, textOrBase64 } from '../../lib/printable.ts';
import { rfc3339 } from '../../lib/rfc3339.ts';
import { decodeOrder } from '../../order/decode.ts';
import type { LogRecord } from './order-log.ts';

/** What a message turned out to be. */
export type MessageMeaning =
  | { readonly kind: 'order'; readonly order_uid: string }
  /** A message that was rejected, in the dead-letter topic. */
  | { readonly kind: 'dead_letter'; readonly reason: string; readonly detail: string }
  /** `reason` is the code a dead letter of it would carry. */
  | { readonly kind: 'other'; readonly reason: string; readonly detail: string };

/** A message of any topic, ready to be written as JSON. */
export interface BrowsedMessage {
  readonly partition: number;
  readonly offset: number;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly key: TextOrBase64 | null;
  /** In their order; a name may come twice. */
  readonly headers: readonly NamedHeader[];
  /** Null for a tombstone. */
  readonly value: TextOrBase64 | null;
  /** Length of the whole value. */
  readonly value_bytes: number | null;
  /** `value` is only the start of it. */
  readonly cut: boolean;
  readonly meaning: MessageMeaning;
}

export interface BrowsedMessageOptions {
  /** Longest value that is given whole. */
  readonly maxValueBytes: number;
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

const REASON = Buffer.from(DEAD_LETTER_HEADERS.reason);
const DETAIL = Buffer.from(DEAD_LETTER_HEADERS.detail);

/** Copies what it gives out of the record, whose buffers hold a whole fetch. */
export function browsedMessage(
  partition: number,
  record: LogRecord,
  options: BrowsedMessageOptions,
): BrowsedMessage {
  const { key, value, offset, timestamp } = record;
  return {
    partition,
    offset,
    timestamp: rfc3339(timestamp),
    key: key === null ? null : textOrBase64(key),
    headers: namedHeaders(record.headers),
    value: value === null ? null : startOf(value, options.maxValueBytes),
    value_bytes: value === null ? null : value.length,
    cut: value !== null && value.length > options.maxValueBytes,
    meaning: meaningOf(record, value, options),
  };
}

/** What a message made of the record takes, about. */
export function browsedBytes({ key, value, headers }: LogRecord, maxValueBytes: number): number {
  const ofHeaders = headers.reduce(
    (sum, [name, content]) => sum + (name?.length ?? 0) + (content?.length ?? 0),
    0,
  );
  return ofHeaders + (key?.length ?? 0) + Math.min(value?.length ?? 0, maxValueBytes);
}

function meaningOf(record: LogRecord, value: Buffer | null, options: BrowsedMessageOptions): MessageMeaning {
  const reason = record.header(REASON);
  if (reason)
    return { kind: 'dead_letter', reason: String(reason), detail: String(record.header(DETAIL) ?? '') };
  const decoded = decodeOrder(value, { maxBytes: options.maxOrderBytes, now: options.now });
  if (decoded.ok) return { kind: 'order', order_uid: decoded.order.order_uid };
  return { kind: 'other', reason: decoded.reason, detail: decoded.detail };
}

/** A header, ready to be written as JSON. */
export interface NamedHeader {
  readonly name: string;
  readonly value: TextOrBase64 | null;
}

/** In their order; a name may come twice. */
export function namedHeaders(headers: RecordHeaders): NamedHeader[] {
  return headers.map(([name, content]) => ({
    name: name?.toString() ?? '',
    value: content === null ? null : textOrBase64(content),
  }));
}
