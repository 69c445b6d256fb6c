import type { FetchedPartition } from '../kafka/read/order-log.ts';
import { lineageUpTo } from './log-lineage.ts';
import type { Part, PartitionQueue } from './partition-queue.ts';

/**
 * The next batch: parts of ready partitions until `maxRecords` is reached, those served longest ago first (the map's
 * order: a partition that gives records goes to its end). While little comes in, a batch is small and leaves at once; while one is on its
 * way the next grows. A full batch leaves the other partitions to the other transactions.
 */
export function takeBatch(queues: Map<number, PartitionQueue>, maxRecords: number): Part[] {
  const parts: Part[] = [];
  let left = maxRecords;
  for (const queue of [...queues.values()]) {
    if (left <= 0) break;
    if (!queue.ready) continue;
    const part = queue.take(left);
    left -= part.records.length;
    parts.push(part);
    queues.delete(queue.partition);
    queues.set(queue.partition, queue);
  }
  return parts;
}

/** Splits a batch in two by its records, in log order; a part may be cut in the middle. */
export function splitBatch(parts: readonly Part[]): [Part[], Part[]] {
  const total = countRecords(parts);
  const first: Part[] = [];
  const second: Part[] = [];
  let left = Math.ceil(total / 2);
  for (const part of parts) {
    const here = Math.min(left, part.records.length);
    left -= here;
    const next = part.records[here];
    if (here === part.records.length || next === undefined) {
      first.push(part);
    } else if (here === 0) {
      second.push(part);
    } else {
      const records = part.records.slice(0, here);
      const last = records.at(-1);
      const lineage = last === undefined ? part.lineage : lineageUpTo(last, part.lineage);
      first.push({ ...part, to: next.offset, lineage, records });
      second.push({ ...part, from: next.offset, records: part.records.slice(here) });
    }
  }
  return [first, second];
}

export function countRecords(parts: readonly Part[]): number {
  return parts.reduce((total, part) => total + part.records.length, 0);
}

/** Records of a fetch. */
export function countFetched(fetched: readonly FetchedPartition[]): number {
  return fetched.reduce((total, { records }) => total + records.length, 0);
}

/** Partition → offset of what to fetch: every partition with room; none while the memory's share is used up. */
export function positionsToFetch(
  queues: ReadonlyMap<number, PartitionQueue>,
  maxBufferedBytes: number,
): Map<number, number> {
  const positions = new Map<number, number>();
  let total = 0;
  for (const queue of queues.values()) total += queue.bufferedBytes;
  if (total >= maxBufferedBytes) return positions;
  const share = maxBufferedBytes / Math.max(1, queues.size);
  for (const queue of queues.values())
    if (!queue.revoked && queue.bufferedBytes < share) positions.set(queue.partition, queue.position);
  return positions;
}
