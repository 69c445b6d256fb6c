import { textOf } from '../lib/printable.ts';
import type { RejectionReason } from '../order/rejection.ts';

/** Names and values in their order; a name may come more than once. */
export type RecordHeaders = ReadonlyArray<readonly [name: Buffer | null, value: Buffer | null]>;

/** Headers a dead letter has besides the original ones. */
export const DEAD_LETTER_HEADERS = {
  reason: 'dl-reason',
  detail: 'dl-detail',
  topic: 'dl-topic',
  partition: 'dl-partition',
  offset: 'dl-offset',
  at: 'dl-at',
  replays: 'dl-replays',
  /** Bytes the value had, where the broker accepted the letter only without the end of it. */
  truncated: 'dl-truncated',
  /** How many original headers were left out, because they did not fit either. */
  headersDropped: 'dl-headers-dropped',
} as const;

/** All of them start with this; a message sent back has none of them but `dl-replays` and `dl-redrive-id`. */
export const DEAD_LETTER_PREFIX = 'dl-';

/** A rejected message that was sent back before has it, too. */
export const REPLAYS = Buffer.from(DEAD_LETTER_HEADERS.replays);

/** On a message sent back to its topic: `<batch>/<letter>`, by which an interrupted redrive finds what it had sent. */
export const REDRIVE_ID_HEADER = 'dl-redrive-id';

const OWN = new Set<string>(Object.values(DEAD_LETTER_HEADERS));

/** Whether a header of that name is the dead letter's own. */
export function isDeadLetterHeader(name: string): boolean {
  return OWN.has(name);
}

/** The number that a header holds; undefined for anything else. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** From a message's headers those its dead letter carries; from a dead letter's headers those the message had. */
export function originalHeaders(headers: RecordHeaders): RecordHeaders {
  return headers.filter(([name]) => name === null || !OWN.has(name.toString()));
}

/** A place in a topic. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
}

/** `3:17`: partition 3, offset 17. */
export function formatPosition({ partition, offset }: Position): string {
  return `${partition}:${offset}`;
}

/** The opposite of `formatPosition`; undefined when the text is not a position. */
export function parsePosition(text: string): Position | undefined {
  const match = /^(\d{1,9}):(\d{1,15})$/.exec(text);
  return match === null ? undefined : { partition: Number(match[1]), offset: Number(match[2]) };
}

/** Why a message was rejected; `unknown` when the headers name none of the closed set. */
export type LetterReason = RejectionReason | 'unknown';

/** A dead letter without its value; its position is the one in the dead-letter topic. */
export interface LetterSummary extends Position {
  readonly reason: LetterReason;
  readonly detail: string;
  /** Where the message was rejected; undefined for a foreign one, which this service's consumer did not put there. */
  readonly source: (Position & { readonly topic: string }) | undefined;
  /** When it was rejected, ms since the Unix epoch; of a foreign message, when it was written. */
  readonly at: number;
  /** How often it was sent back to its topic before. */
  readonly replays: number;
  readonly key: Buffer | null;
  /** See `orderUidOf`. */
  readonly orderUid: string | undefined;
  /** Length of the value; null for a tombstone. */
  readonly valueBytes: number | null;
  /** When it was last sent back, ms since the Unix epoch; undefined when it never was. */
  readonly redrivenAt: number | undefined;
}

/** A message of the dead-letter topic. Its buffers share the fetch answer's memory: do not keep it for long. */
export interface DeadLetter extends Omit<LetterSummary, 'orderUid' | 'valueBytes' | 'redrivenAt'> {
  /** A UUID by content and source: two records of one rejected message have the same, any others differ. */
  readonly id: string;
  readonly value: Buffer | null;
  /** Bytes the value had, where the broker accepted only its start. */
  readonly truncated?: number;
  /** The original headers, without those of dead letters. */
  readonly headers: RecordHeaders;
}

const UID_MEMBER = Buffer.from('"order_uid"');
const UID_VALUE = /^"order_uid"\s*:\s*("(?:[^"\\]|\\.)*")/;
const MAX_UID = 128;
/** The name, the value with every character escaped, and some blanks. */
const UID_BYTES = 1_024;

/** The order that a message is about: the one its value names, even if it is not JSON, or else its key, if it is text. */
export function orderUidOf({ key, value }: Pick<DeadLetter, 'key' | 'value'>): string | undefined {
  return uidIn(value) ?? uidOrNone(key === null ? undefined : textOf(key));
}

function uidIn(value: Buffer | null): string | undefined {
  const at = value?.indexOf(UID_MEMBER) ?? -1;
  if (value === null || at < 0) return undefined;
  const text = UID_VALUE.exec(value.toString('utf8', at, at + UID_BYTES))?.[1];
  try {
    return text === undefined ? undefined : uidOrNone(String(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

function uidOrNone(text: string | undefined): string | undefined {
  return text === undefined || text === '' || text.length > MAX_UID || text.includes('\0') ? undefined : text;
}

/** What a letter must be like; what is absent does not matter. */
export interface LetterFilter {
  /** One of these. */
  readonly reasons?: readonly LetterReason[];
  /** Rejected at this instant or later, ms since the Unix epoch. */
  readonly since?: number;
  /** Rejected before this instant. */
  readonly until?: number;
  /** The message key, as UTF-8. */
  readonly key?: string;
}

export interface LetterPage {
  /** Newest first. */
  readonly letters: readonly LetterSummary[];
  /** The time was up before the page was full or the log at its end. */
  readonly cut: boolean;
  /** Where the next page starts; undefined after the last. */
  readonly next: string | undefined;
}

export interface LetterCounts {
  readonly total: number;
  readonly byReason: Readonly<Record<string, number>>;
  readonly redriven: number;
  /** The time was up: older letters are not counted. */
  readonly cut: boolean;
}

/** Which letters are counted, and how finely; instants and lengths in ms. */
export interface TimelineRequest {
  readonly filter: LetterFilter & { readonly since: number; readonly until: number };
  readonly bucketMs: number;
}

/** Instants are ms since the Unix epoch, within what RFC 3339 can write. */
export interface Timeline {
  /** Where the first bucket begins and the last one ends. */
  readonly since: number;
  readonly until: number;
  readonly bucketMs: number;
  /** Letters in each bucket, oldest first, by reason. */
  readonly byReason: Readonly<Record<string, number[]>>;
  readonly total: number;
  /** The time was up: before `completeSince` some are missing. */
  readonly cut: boolean;
  readonly completeSince: number;
}
