import type { LogRecord } from './order-log.ts';
import type { RecordBatch } from './record-batch-reader.ts';

/** The part of a fetched record batch that matters here (KIP-98: attributes bit 4 transactional, bit 5 control). */
export interface TransactionalBatch {
  readonly attributes: number;
  readonly producerId: bigint;
  readonly firstOffset: number;
  readonly records: ReadonlyArray<{ readonly key: Buffer | null }>;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;
const ABORT = 0;

/**
 * Keeps the batches a reader of committed messages may see, in order: control batches and those of aborted
 * transactions are left out. As Kafka's own consumer does it: a transaction counts as aborted from its first offset
 * until its producer's abort marker, which may lie in a later fetch.
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-98
 */
export function committedBatches<Batch extends TransactionalBatch>(
  batches: readonly Batch[],
  aborted: readonly AbortedTransaction[],
): Batch[] {
  const pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const abortedProducers = new Set<bigint>();
  const kept: Batch[] = [];
  let next = 0;
  for (const batch of batches) {
    for (
      let one = pending[next];
      one !== undefined && one.firstOffset <= batch.firstOffset;
      one = pending[++next]
    ) {
      abortedProducers.add(one.producerId);
    }
    if ((batch.attributes & CONTROL) !== 0) {
      const marker = batch.records[0]?.key;
      // The control record's key is version:int16, type:int16.
      if (marker != null && marker.length >= 4 && marker.readInt16BE(2) === ABORT) {
        abortedProducers.delete(batch.producerId);
      }
      continue;
    }
    if ((batch.attributes & TRANSACTIONAL) !== 0 && abortedProducers.has(batch.producerId)) continue;
    kept.push(batch);
  }
  return kept;
}

/** Their records from `position` on: a broker returns whole batches, so a fetch from the middle of one brings records before it, too. */
export function committedRecords(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
  position: number,
): LogRecord[] {
  const records: LogRecord[] = [];
  for (const batch of committedBatches(batches, aborted)) {
    for (const record of batch.records) if (record.offset >= position) records.push(record);
  }
  return records;
}
