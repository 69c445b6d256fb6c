import type { ReadableTopic } from '../../src/dead-letters/reading.ts';
import type { LogRange, LogRecord } from '../../src/kafka/read/order-log.ts';
import type { TopicSlice } from '../../src/kafka/read/topic-reader.ts';

/** A topic in memory: an array of records a partition, read in slices of a few. */
export class FakeTopic implements ReadableTopic {
  topicId = 'topic-1';
  readonly partitions: LogRecord[][];
  readonly #sliceRecords: number;
  /** First offset still there, by partition. */
  readonly starts = new Map<number, number>();

  constructor(partitions: LogRecord[][], sliceRecords = 3) {
    this.partitions = partitions;
    this.#sliceRecords = sliceRecords;
  }

  async ranges(): Promise<Map<number, LogRange>> {
    return new Map(
      this.partitions.map((records, partition) => [
        partition,
        { start: this.starts.get(partition) ?? 0, end: (records.at(-1)?.offset ?? -1) + 1 },
      ]),
    );
  }

  async offsetsAt(timestamp: number): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    for (const [partition, records] of this.partitions.entries()) {
      const first = records.find((record) => record.timestamp >= timestamp);
      if (first !== undefined) found.set(partition, first.offset);
    }
    return found;
  }

  async *read(ranges: ReadonlyMap<number, LogRange>): AsyncGenerator<TopicSlice> {
    for (const [partition, { start, end }] of ranges) {
      const all = this.partitions[partition] ?? [];
      let at = all.findIndex(({ offset }) => offset >= start);
      for (let from = start; from < end; from += this.#sliceRecords) {
        const nextOffset = Math.min(end, from + this.#sliceRecords);
        const records: LogRecord[] = [];
        for (let record = all[at]; record !== undefined && record.offset < nextOffset; record = all[++at])
          records.push(record);
        yield { partition, records, nextOffset };
      }
    }
  }

  async close(): Promise<void> {}
}
