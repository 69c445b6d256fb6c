import type { OpenTransaction } from '../kafka/admin/open-transactions.ts';
import type { LogRange } from '../kafka/read/order-log.ts';
import type { TopicSlice } from '../kafka/read/topic-reader.ts';

/** The committed messages of a topic, as TopicReader gives them. Calls throw AppError `kafka_unavailable`, `topic_missing`. */
export interface RecordSource {
  /** First and next offset of every partition, now, up to the last stable offset. */
  ranges(): Promise<Map<number, LogRange>>;
  /** Where every partition ends, now, open transactions included. */
  highWatermarks(): Promise<ReadonlyMap<number, number>>;
  /** The open transactions of the partitions, as far as the brokers tell. */
  openTransactions(partitions: readonly number[]): Promise<readonly OpenTransaction[]>;
  /** Every partition from its start to its end, a slice at a time, each partition in the order of its log. */
  read(ranges: ReadonlyMap<number, LogRange>): AsyncIterable<TopicSlice>;
}

/** The same values; the next one is asked for before the last one is handed out, so that fetching goes on while it is worked on. */
export async function* ahead<T>(values: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = values[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    while (true) {
      const result = await next;
      if (result.done === true) return;
      next = iterator.next();
      // Its failure is the next turn's to throw; until then nobody listens.
      next.catch(() => {});
      yield result.value;
    }
  } finally {
    await next.catch(() => {});
    await iterator.return?.();
  }
}
