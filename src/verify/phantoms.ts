import type { LogRange } from '../kafka/read/order-log.ts';
import type { TopicReader } from '../kafka/read/topic-reader.ts';
import { decodeOrder } from '../order/decode.ts';
import type { SourceRange, SourceRow, StoredState } from '../storage/postgresql/stored-snapshot.ts';
import type { Findings } from './findings.ts';
import type { Tally } from './tally.ts';

export interface PhantomSearch {
  readonly log: Pick<TopicReader, 'read'>;
  readonly stored: Pick<StoredState, 'countBySource' | 'ordersFrom' | 'ordersOfNowhere'>;
  readonly tally: Tally;
  readonly findings: Findings;
  /** What was judged. */
  readonly ranges: ReadonlyMap<number, LogRange>;
  /** Where the log starts by now: what retention removed meanwhile could not be judged. */
  readonly starts: ReadonlyMap<number, number>;
  /** Where the log ended when the database was looked at, or later. */
  readonly ends: ReadonlyMap<number, number>;
  readonly maxOrderBytes: number;
  /** The log is compacted: a message that is not there may have been removed since. */
  readonly compacted: boolean;
  /** Whether orders of no partition that is there are found here. */
  readonly leads: boolean;
}

/**
 * Finds stored orders that name a message which is not there, or is not that order. Each message that was judged stored
 * is the source of one row, so a stretch of the log with more rows than such messages holds phantoms; only those
 * stretches are read again to name them.
 * @returns how many orders nothing can be said of, because compaction has removed their messages
 */
export async function findPhantoms(search: PhantomSearch): Promise<number> {
  const { stored, tally, findings, ranges, starts, ends, compacted, leads } = search;
  const past = leads ? await stored.ordersOfNowhere(ends, findings.limit) : { count: 0, first: [] };
  for (const row of past.first) add(findings, row, 'the log has no such offset, or no group stores its topic');
  findings.addUnlisted('phantom_order', past.count - past.first.length);
  const judged = [...ranges].map(([partition, { start, end }]) => ({ partition, start, end }));
  let unproven = 0;
  const buckets = [...(await stored.countBySource(judged, tally.bucketSize))];
  buckets.sort((a, b) => a.partition - b.partition || a.bucket - b.bucket);
  for (const { partition, bucket, orders } of buckets) {
    const range = tally.rangeOf(partition, bucket);
    const excess = orders - tally.storedIn(partition, bucket);
    if (excess <= 0 || range.start < (starts.get(partition) ?? 0)) continue;
    if (!compacted && !findings.hasRoom('phantom_order', { partition, offset: range.start })) {
      findings.addUnlisted('phantom_order', excess);
      continue;
    }
    const { wrong, missing } = await nameThem(search, range);
    unproven += missing;
    for (const row of wrong.slice(0, findings.limit)) add(findings, row, 'no message there is this order');
    const unnamed = compacted ? wrong.length - findings.limit : excess - Math.min(wrong.length, findings.limit);
    findings.addUnlisted('phantom_order', Math.max(0, unnamed));
  }
  return unproven;
}

/** Rows of the range that are not the message they name, and on a compacted log how many name one that is not there. */
async function nameThem(search: PhantomSearch, range: SourceRange) {
  const uids = new Map<number, string | undefined>();
  for await (const { records } of search.log.read(new Map([[range.partition, range]]))) {
    for (const { offset, value } of records) {
      const verdict = decodeOrder(value, { maxBytes: search.maxOrderBytes, now: Date.now });
      uids.set(offset, verdict.ok ? verdict.order.order_uid : undefined);
    }
  }
  const rows = await search.stored.ordersFrom(range, range.end - range.start + search.findings.limit);
  const wrong: SourceRow[] = [];
  let missing = 0;
  for (const row of rows) {
    if (search.compacted && !uids.has(row.offset)) missing += 1;
    else if (uids.get(row.offset) !== row.orderUid) wrong.push(row);
  }
  return { wrong, missing };
}

function add(findings: Findings, { partition, offset, orderUid }: SourceRow, detail: string): void {
  findings.add({ kind: 'phantom_order', partition, offset, orderUid, detail });
}
