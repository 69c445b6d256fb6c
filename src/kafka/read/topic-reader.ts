import type { OpenTransaction } from '../admin/open-transactions.ts';
import type { KafkaClients } from '../clients.ts';
import type { LogRange, LogRecord } from './order-log.ts';
import { PartitionFetcher } from './partition-fetcher.ts';

export interface TopicReaderOptions {
  readonly topic: string;
  /** Most bytes one fetch brings of one partition. */
  readonly maxBytesPerPartition?: number;
  /** Time a broker may take to answer, ms; default 10,000. Where somebody waits: `PROMPT_MS`. */
  readonly requestTimeoutMs?: number | undefined;
}

/** Committed records of one partition, in log order. */
export interface TopicSlice {
  readonly partition: number;
  readonly records: readonly LogRecord[];
  /** Where to read on. */
  readonly nextOffset: number;
}

const DEFAULT_BYTES = 1_048_576;
const FETCH_WAIT_MS = 500;
/** Tried twice, it leaves a request time to say that Kafka does not answer. */
export const PROMPT_MS = 3_000;

/** Reads a topic without joining a group: nobody's offsets or partitions change by it. */
export class TopicReader {
  readonly #fetcher: PartitionFetcher;

  private constructor(fetcher: PartitionFetcher) {
    this.#fetcher = fetcher;
  }

  /** @throws AppError `topic_missing`, `kafka_unavailable`. */
  static async open(kafka: KafkaClients, options: TopicReaderOptions): Promise<TopicReader> {
    const fetcher = new PartitionFetcher(kafka, {
      clientId: 'test-service-reader',
      maxBytesPerPartition: DEFAULT_BYTES,
      ...options,
    });
    try {
      await fetcher.open();
      return new TopicReader(fetcher);
    } catch (error) {
      await fetcher.close();
      throw error;
    }
  }

  get topicId(): string {
    return this.#fetcher.topicId;
  }

  /** The topic's number of partitions at the last look-up. */
  get partitions(): number {
    return this.#fetcher.partitions;
  }

  /**
   * First and next offset of every partition, now, as readers of committed messages see them.
   * @throws AppError `kafka_unavailable`.
   */
  async ranges(): Promise<Map<number, LogRange>> {
    return this.#fetcher.ranges(await this.#fetcher.all());
  }

  /** Where every partition ends, now, including open transactions. @throws AppError `kafka_unavailable`. */
  async highWatermarks(): Promise<Map<number, number>> {
    return this.#fetcher.highWatermarks(await this.#fetcher.all());
  }

  /** The open transactions of the partitions, as far as the brokers tell. Never rejects. */
  openTransactions(partitions: readonly number[]): Promise<OpenTransaction[]> {
    return this.#fetcher.openTransactions(partitions);
  }

  /**
   * The first offset of each partition whose record has this timestamp (ms since the Unix epoch) or a later one;
   * partitions without such a record are left out.
   * @throws AppError `kafka_unavailable`.
   */
  async offsetsAt(timestamp: number): Promise<Map<number, number>> {
    return this.#fetcher.offsetsAt(await this.#fetcher.all(), timestamp);
  }

  /**
   * Reads every partition of `ranges` from start to end, in slices; partitions take turns. Records that retention
   * removes meanwhile, and offsets beyond the log's end, are skipped. Stops early when the caller stops iterating.
   * @throws AppError `topic_missing`, `kafka_unavailable`.
   */
  async *read(ranges: ReadonlyMap<number, LogRange>): AsyncGenerator<TopicSlice> {
    const positions = new Map<number, number>();
    for (const [partition, { start, end }] of ranges) if (start < end) positions.set(partition, start);
    while (positions.size > 0) {
      let moved = false;
      for (const fetched of await this.#fetcher.fetch(positions, FETCH_WAIT_MS)) {
        const { partition } = fetched;
        const end = ranges.get(partition)?.end ?? 0;
        const from = positions.get(partition) ?? 0;
        // Out of range with a log that starts earlier: it ends before the position.
        const nextOffset = fetched.outOfRange ? Math.max(from, fetched.logStartOffset) : fetched.nextOffset;
        if (nextOffset >= end) positions.delete(partition);
        else positions.set(partition, nextOffset);
        const records = fetched.records.filter((record) => record.offset < end);
        if (nextOffset === from) continue;
        moved = true;
        yield { partition, records, nextOffset: Math.min(nextOffset, end) };
      }
      if (!moved) await this.#dropEnded(positions);
    }
  }

  /**
   * Yields the records of all partitions from now on, in slices, including partitions added meanwhile. Ends when the
   * signal aborts.
   * @throws AppError `topic_missing`, `kafka_unavailable`.
   */
  async *follow(signal: AbortSignal): AsyncGenerator<TopicSlice> {
    const positions = new Map<number, number>();
    for (const [partition, { end }] of await this.ranges()) positions.set(partition, end);
    while (!signal.aborted) {
      for (const fetched of await this.#fetcher.fetch(positions, FETCH_WAIT_MS)) {
        const { partition, records } = fetched;
        const nextOffset = fetched.outOfRange ? fetched.logStartOffset : fetched.nextOffset;
        positions.set(partition, nextOffset);
        if (records.length > 0) yield { partition, records, nextOffset };
      }
      for (let added = positions.size; added < this.#fetcher.partitions; added += 1) positions.set(added, 0);
    }
  }

  /** Takes those out that have nothing more: the log ends where they are, or even before. */
  async #dropEnded(positions: Map<number, number>): Promise<void> {
    const ranges = await this.#fetcher.ranges([...positions.keys()]);
    for (const [partition, position] of positions)
      if (position >= (ranges.get(partition)?.end ?? 0)) positions.delete(partition);
  }

  /** Idempotent, bounded in time. */
  close(): Promise<void> {
    return this.#fetcher.close();
  }
}

/** The record at an offset; undefined if there is none. `ranges` are the topic's. */
export async function recordAt(
  topic: Pick<TopicReader, 'read'>,
  ranges: ReadonlyMap<number, LogRange>,
  { partition, offset }: { readonly partition: number; readonly offset: number },
): Promise<LogRecord | undefined> {
  const range = ranges.get(partition);
  if (range === undefined || offset < range.start || offset >= range.end) return undefined;
  for await (const { records } of topic.read(new Map([[partition, { start: offset, end: offset + 1 }]]))) {
    const found = records.find((record) => record.offset === offset);
    if (found !== undefined) return found;
  }
  return undefined;
}
