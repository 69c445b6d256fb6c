import type { ReadVersion, StaleAnswer } from '../contract/reader.ts';
import type { KnownOrder } from './known-orders.ts';

/** How long caches may take to forget a changed order that a list, which comes from the database, has shown already. */
const LIST_GRACE_MS = 5_000;
/** Instants in headers are whole ms, however they were rounded. */
const ROUNDING_MS = 1;
/** By how much the clocks of client and database may differ. */
const CLOCKS_MS = 60_000;

export interface JudgedAnswer {
  /** What was known of the order when the request was sent: all of that had arrived by then. */
  readonly before: KnownOrder;
  /** Undefined when the answer was that there is no such order. */
  readonly answered: ReadVersion | undefined;
  /** By `performance.now`. */
  readonly sentAt: number;
  /** ms since the Unix epoch. */
  readonly now: number;
  /** Age from which on the service deletes orders, ms; 0: never. */
  readonly retentionMs: number;
}

/**
 * What the answer should not have been older than; undefined when it is not. Compared are
 * - the version that a lookup gave before: its offset where both come from one partition. An order that was stored
 *   later is never older, whatever its offset: offsets may be reset, and topics made anew. Of versions from two
 *   partitions the one is older that was both sent and stored earlier;
 * - the instant that a list gave, once caches have had the time to hear of the change;
 * - whether there is an order at all, unless its time (retention.days) is over.
 */
export function olderThan({
  before,
  answered,
  sentAt,
  now,
  retentionMs,
}: JudgedAnswer): StaleAnswer['before'] | undefined {
  const { listed, read } = before;
  if (answered === undefined) {
    const known = read?.version ?? { storedAt: listed.storedAt };
    const expired = retentionMs > 0 && now - known.storedAt > retentionMs - CLOCKS_MS;
    return expired ? undefined : known;
  }
  if (read !== undefined && isOlder(answered, read.version)) return read.version;
  const graced = sentAt - listed.arrivedAt < LIST_GRACE_MS;
  return graced || answered.storedAt + ROUNDING_MS >= listed.storedAt ? undefined : { storedAt: listed.storedAt };
}

function isOlder(one: ReadVersion, other: ReadVersion): boolean {
  if (one.storedAt > other.storedAt) return false;
  if (one.topic === other.topic && one.partition === other.partition) return one.offset < other.offset;
  return one.storedAt < other.storedAt && one.producedAt < other.producedAt;
}

/** Whether what a lookup has given is newer than what was known. */
export function isNews(answered: ReadVersion, known: ReadVersion | undefined): boolean {
  if (known === undefined) return true;
  if (answered.storedAt !== known.storedAt) return answered.storedAt > known.storedAt;
  return answered.partition !== known.partition || answered.offset > known.offset;
}
