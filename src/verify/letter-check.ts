import { DEAD_LETTER_HEADERS, originalHeaders, REPLAYS } from '../contract/letter.ts';
import type { LogRecord } from '../kafka/read/order-log.ts';
import { digestOf, headersDigest, type Letter } from './dead-letter-claim.ts';

/** How far clocks of producers, brokers and consumers may differ without a doubt about what they say, ms. */
export const CLOCK_TOLERANCE_MS = 2 * 60 * 60_000;

/** Whether a letter holds the bytes of the message's value, or the start of them when it says that it was cut. */
export function holdsValue({ bytes, digest, truncated }: Letter, value: Buffer | null): boolean {
  if (value === null || bytes === null) return value === null && bytes === null;
  if (truncated === undefined ? bytes !== value.length : bytes > value.length) return false;
  return digest === digestOf(value.subarray(0, bytes));
}

/**
 * What of a letter that holds the message's value is not as the service writes it. `detail` is what it has to say; undefined when
 * nobody can tell, as of what the database said.
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
 * Rejected after the message was written, as far as its clock can be believed, and about when the letter was written: one that went
 * without a time of its own says nothing of that.
 */
function isTimely({ at, writtenAt }: Letter, { timestamp }: LogRecord): boolean {
  if (at === undefined || (writtenAt >= 0 && Math.abs(writtenAt - at) > CLOCK_TOLERANCE_MS)) return false;
  return timestamp > writtenAt || at >= timestamp - CLOCK_TOLERANCE_MS;
}
