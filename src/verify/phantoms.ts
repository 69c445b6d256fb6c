import type { LogRange } from '../kafka/order-log.ts';
import { decodeOrder } from '../order/decode.ts';
import type { SourceRange, SourceRow, StoredState } from '../storage/stored-state.ts';
import type { Findings } from './findings.ts';
import type { RecordSource } from './record-source.ts';
import type { Tally } from './tally.ts';

export interface PhantomSearch {
  readonly log: Pick<RecordSource, 'read'>;
  readonly stored: Pick<StoredState, 'countBySource' | 'ordersFrom' | 'ordersPast'>;
  readonly tally: Tally;
  readonly findings: Findings;
  /** What was judged. */
  readonly ranges: ReadonlyMap<number, LogRange>;
  /** Where the log starts by now: what retention removed meanwhile could not be judged. */
  readonly starts: ReadonlyMap<number, number>;
  /** Where the log ended when the database was looked at, or later. */
  readonly ends: ReadonlyMap<number, number>;
  readonly maxOrderBytes: number;
}

/**
 * Finds stored orders that name a message which is not there, or is not that order. Each message that was judged stored is the
 * source of one row, so a stretch of the log with more rows than such messages holds phantoms; only those stretches
 * are read again to name them.
 */
export async function findPhantoms(search: PhantomSearch): Promise<void> {
  const { stored, tally, findings, ranges, starts, ends } = search;
  const past = await stored.ordersPast(ends, findings.limit);
  for (const row of past.first) add(findings, row, 'the log does not reach that far');
  findings.addUnlisted('phantom_order', past.count - past.first.length);
  const judged = [...ranges].map(([partition, { start, end }]) => ({ partition, start, end }));
  const buckets = await stored.countBySource(judged, tally.bucketSize);
  for (const { partition, bucket, orders } of buckets) {
    const range = tally.rangeOf(partition, bucket);
    const excess = orders - tally.storedIn(partition, bucket);
    if (excess <= 0 || range.start < (starts.get(partition) ?? 0)) continue;
    const found = findings.hasRoom('phantom_order') ? await nameThem(search, range) : [];
    for (const row of found) add(findings, row, 'no message there is this order');
    findings.addUnlisted('phantom_order', excess - found.length);
  }
}

async function nameThem(search: PhantomSearch, range: SourceRange): Promise<SourceRow[]> {
  const uids = new Map<number, string>();
  for await (const { records } of search.log.read(new Map([[range.partition, range]]))) {
    for (const { offset, value } of records) {
      const verdict = decodeOrder(value, { maxBytes: search.maxOrderBytes, now: Date.now });
      if (verdict.ok) uids.set(offset, verdict.order.order_uid);
    }
  }
  const rows = await search.stored.ordersFrom(range, range.end - range.start + search.findings.limit);
  return rows.filter((row) => uids.get(row.offset) !== row.orderUid).slice(0, search.findings.limit);
}

function add(findings: Findings, { partition, offset, orderUid }: SourceRow, detail: string): void {
  findings.add({ kind: 'phantom_order', partition, offset, orderUid, detail });
}
