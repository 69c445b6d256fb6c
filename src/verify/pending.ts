import type { OpenTransaction } from '../kafka/admin/open-transactions.ts';
import type { LogRange } from '../kafka/read/order-log.ts';
import { rfc3339 } from '../lib/rfc3339.ts';
import type { Findings } from './findings.ts';
import type { RecordSource } from './record-source.ts';

export interface PendingSearch {
  /** The topic as it is called in the findings. */
  readonly topic: string;
  readonly log: Pick<RecordSource, 'openTransactions'>;
  /** Up to the last stable offsets. */
  readonly ranges: ReadonlyMap<number, LogRange>;
  /** The high watermarks that count. */
  readonly ends: ReadonlyMap<number, number>;
  readonly findings: Findings;
}

/**
 * Finds what waits behind open transactions: a finding a partition, with whose transaction it is as far as the brokers tell.
 * @returns offsets that wait, by partition: as many messages, or fewer
 */
export async function addPending(search: PendingSearch): Promise<ReadonlyMap<number, number>> {
  const { topic, log, ranges, ends, findings } = search;
  const waiting = new Map<number, number>();
  for (const [partition, { end }] of ranges) {
    const offsets = (ends.get(partition) ?? 0) - end;
    if (offsets > 0) waiting.set(partition, offsets);
  }
  const open = waiting.size === 0 ? [] : await log.openTransactions([...waiting.keys()]);
  for (const [partition, offsets] of waiting) {
    const whose = open.filter((one) => one.partition === partition).map(nameOf);
    findings.add({
      kind: 'pending',
      partition,
      offset: ranges.get(partition)?.end,
      detail: `${offsets} offsets of ${topic} from here on wait behind an open transaction${whose.length === 0 ? '' : `: ${whose.join('; ')}`}`,
    });
  }
  return waiting;
}

function nameOf({ transactionalId, producerId, startedAt, timeoutMs }: OpenTransaction): string {
  if (transactionalId === undefined) return `producer ${producerId}, which no coordinator names: it may hang`;
  const since = startedAt === undefined ? '' : `, open since ${rfc3339(startedAt)}`;
  const until = timeoutMs === undefined ? '' : `, aborted after ${timeoutMs / 1000} s`;
  return `${transactionalId} (producer ${producerId})${since}${until}`;
}
