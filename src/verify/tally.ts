import type { PartitionCounts, PartitionReport } from '../contract/verification.ts';
import type { LogRange } from '../kafka/read/order-log.ts';
import type { SourceRange } from '../storage/postgresql/stored-snapshot.ts';

/** How an accepted or rejected message is accounted for. */
export type Category = Exclude<keyof PartitionCounts, 'produced' | 'noMessage'>;

const MAX_BUCKETS = 65_536;
const MIN_BUCKET = 256;

/**
 * Counts the fates of messages by partition, and the stored ones by stretches of offsets, too: that is how orders that
 * no message stands behind are found. Memory depends on neither the number of messages nor of orders.
 */
export class Tally {
  readonly bucketSize: number;
  readonly #ranges: ReadonlyMap<number, LogRange>;
  readonly #counts = new Map<number, PartitionCounts>();
  readonly #buckets = new Map<number, Uint32Array>();
  readonly #hidden = new Map<number, number>();

  constructor(ranges: ReadonlyMap<number, LogRange>, maxBuckets = MAX_BUCKETS) {
    this.#ranges = ranges;
    let offsets = 0;
    for (const { start, end } of ranges.values()) offsets += Math.max(0, end - start);
    this.bucketSize = Math.max(MIN_BUCKET, Math.ceil(offsets / maxBuckets));
    for (const [partition, { start, end }] of ranges) {
      this.#counts.set(partition, { ...ZERO });
      this.#buckets.set(partition, new Uint32Array(Math.ceil(Math.max(0, end - start) / this.bucketSize)));
    }
  }

  add(partition: number, offset: number, category: Category): void {
    const counts = this.#counts.get(partition);
    const range = this.#ranges.get(partition);
    if (counts === undefined || range === undefined) return;
    counts.produced += 1;
    counts[category] += 1;
    if (category !== 'stored') return;
    const buckets = this.#buckets.get(partition);
    const bucket = Math.floor((offset - range.start) / this.bucketSize);
    if (buckets !== undefined) buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }

  /** So many offsets after the range wait behind an open transaction. */
  addPending(partition: number, offsets: number): void {
    const counts = this.#counts.get(partition);
    if (counts === undefined) return;
    counts.produced += offsets;
    counts.pending += offsets;
    this.#hidden.set(partition, offsets);
  }

  /** Messages that were judged to be stored, in one stretch. */
  storedIn(partition: number, bucket: number): number {
    return this.#buckets.get(partition)?.[bucket] ?? 0;
  }

  /** The offsets of a stretch. */
  rangeOf(partition: number, bucket: number): SourceRange {
    const { start = 0, end = 0 } = this.#ranges.get(partition) ?? {};
    const from = start + bucket * this.bucketSize;
    return { partition, start: from, end: Math.min(end, from + this.bucketSize) };
  }

  partitions(): PartitionReport[] {
    return [...this.#counts]
      .sort(([a], [b]) => a - b)
      .map(([partition, counts]) => {
        const { start = 0, end = 0 } = this.#ranges.get(partition) ?? {};
        const to = end + (this.#hidden.get(partition) ?? 0);
        const noMessage = Math.max(0, to - start) - counts.produced;
        return { partition, from: start, to, ...counts, noMessage };
      });
  }
}

const ZERO: PartitionCounts = {
  produced: 0,
  stored: 0,
  deadLettered: 0,
  superseded: 0,
  identical: 0,
  expired: 0,
  pending: 0,
  lost: 0,
  noMessage: 0,
};

/** All partitions together. */
export function sumOf(partitions: readonly PartitionReport[]): PartitionCounts {
  const total = { ...ZERO };
  for (const one of partitions) {
    for (const key of Object.keys(total) as (keyof PartitionCounts)[]) total[key] += one[key];
  }
  return total;
}
