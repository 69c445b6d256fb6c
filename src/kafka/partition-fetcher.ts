import type { Consumer, RecordsBatch } from '@platformatic/kafka';
import { AppError } from '../lib/app-error.ts';
import { hasProtocolError, responseOf, toKafkaError } from './kafka-error.ts';
import type { FetchedPartition, LogRange, LogRecord } from './order-log.ts';
import { committedBatches } from './read-committed.ts';

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;

/** Fetch isolation level (KIP-98): only committed transactional messages. */
export const READ_COMMITTED = 1;
const OFFSET_OUT_OF_RANGE = 1;
const NO_ERROR = 0;
const EARLIEST = -2n;
const LATEST = -1n;

/**
 * Reads partitions of one topic from given offsets by the client's plain fetch call. Its message stream is not used: it
 * chooses offsets by itself, and delivers messages of an aborted transaction when the abort marker is not in the same fetch.
 */
export class PartitionFetcher {
  readonly #consumer: Consumer;
  readonly #topic: string;
  readonly #maxBytesPerPartition: number;
  #topicId = '';
  #partitions = 0;

  /** `maxBytesPerPartition`: most bytes one fetch brings of one partition, but always one message at least. */
  constructor(consumer: Consumer, topic: string, maxBytesPerPartition: number) {
    this.#consumer = consumer;
    this.#topic = topic;
    this.#maxBytesPerPartition = maxBytesPerPartition;
  }

  /** Tells this topic from others that had or will have its name. */
  get topicId(): string {
    return this.#topicId;
  }

  /** How many partitions the topic had when it was opened. */
  get partitions(): number {
    return this.#partitions;
  }

  /** Looks the topic up; call it first. @throws AppError `topic_missing`, `kafka_unavailable`. */
  async open(): Promise<void> {
    try {
      const metadata = await this.#consumer.metadata({ topics: [this.#topic], forceUpdate: true });
      const found = metadata.topics.get(this.#topic);
      if (found === undefined) throw this.#missing('is not there');
      this.#topicId = found.id;
      this.#partitions = found.partitionsCount;
      this.#consumer.topics.track(this.#topic);
    } catch (error) {
      throw toKafkaError(error, `looking up topic ${this.#topic}`);
    }
  }

  /**
   * Reads each partition from its position; waits up to `waitMs` for the first message.
   * @throws AppError `topic_missing` when the topic was deleted or re-created, `kafka_unavailable`.
   */
  async fetch(positions: ReadonlyMap<number, number>, waitMs: number): Promise<FetchedPartition[]> {
    try {
      const byLeader = await this.#byLeader([...positions.keys()]);
      const responses = await Promise.all(
        [...byLeader].map(([node, partitions]) => this.#fetchFrom(node, partitions, positions, waitMs)),
      );
      return responses.flatMap((response) => fetchedOf(response, positions));
    } catch (error) {
      throw toKafkaError(error, `fetching ${this.#topic}`);
    }
  }

  /** First and next offset of each partition, as a reader of committed messages sees them. @throws AppError `kafka_unavailable`. */
  async ranges(partitions: readonly number[]): Promise<Map<number, LogRange>> {
    const list = (timestamp: bigint) =>
      this.#consumer.listOffsets({
        topics: [this.#topic],
        partitions: { [this.#topic]: [...partitions] },
        timestamp,
        isolationLevel: READ_COMMITTED,
      });
    const at = (offsets: Map<string, bigint[]>, partition: number): number =>
      Number(offsets.get(this.#topic)?.[partition] ?? 0n);
    try {
      const [starts, ends] = await Promise.all([list(EARLIEST), list(LATEST)]);
      return new Map(
        partitions.map((partition) => [
          partition,
          { start: at(starts, partition), end: at(ends, partition) },
        ]),
      );
    } catch (error) {
      throw toKafkaError(error, `listing the offsets of ${this.#topic}`);
    }
  }

  async #byLeader(partitions: readonly number[]): Promise<Map<number, number[]>> {
    const metadata = await this.#consumer.metadata({ topics: [this.#topic] });
    const known = metadata.topics.get(this.#topic);
    if (known === undefined || known.id !== this.#topicId) throw this.#missing('was deleted or re-created');
    const byLeader = new Map<number, number[]>();
    for (const partition of partitions) {
      const leader = known.partitions[partition]?.leader ?? -1;
      const list = byLeader.get(leader) ?? [];
      list.push(partition);
      byLeader.set(leader, list);
    }
    return byLeader;
  }

  async #fetchFrom(
    node: number,
    partitions: readonly number[],
    positions: ReadonlyMap<number, number>,
    waitMs: number,
  ): Promise<FetchResponse> {
    const request = partitions.map((partition) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(positions.get(partition) ?? 0),
      lastFetchedEpoch: -1,
      partitionMaxBytes: this.#maxBytesPerPartition,
    }));
    try {
      return await this.#consumer.fetch({
        node,
        topics: [{ topicId: this.#topicId, partitions: request }],
        maxWaitTime: waitMs,
        isolationLevel: READ_COMMITTED,
      });
    } catch (error) {
      // One partition out of range fails the whole answer; the others' records in it are good.
      const response = responseOf(error);
      if (isFetchResponse(response) && hasProtocolError(error, 'OFFSET_OUT_OF_RANGE')) return response;
      throw error;
    }
  }

  #missing(what: string): AppError {
    return new AppError('topic_missing', `topic ${this.#topic} ${what}`, { retryable: true });
  }
}

function fetchedOf(response: FetchResponse, positions: ReadonlyMap<number, number>): FetchedPartition[] {
  const fetched: FetchedPartition[] = [];
  for (const topic of response.responses) {
    for (const one of topic.partitions) {
      const position = positions.get(one.partitionIndex);
      const outOfRange = one.errorCode === OFFSET_OUT_OF_RANGE;
      if (position === undefined || (one.errorCode !== NO_ERROR && !outOfRange)) continue;
      const batches = one.records ?? [];
      const last = batches.at(-1);
      fetched.push({
        partition: one.partitionIndex,
        records: recordsOf(committedBatches(batches, one.abortedTransactions ?? []), position),
        nextOffset: last === undefined ? position : Number(last.firstOffset) + last.lastOffsetDelta + 1,
        logStartOffset: Number(one.logStartOffset),
        lastStableOffset: Number(one.lastStableOffset),
        outOfRange,
      });
    }
  }
  return fetched;
}

/** A broker returns whole batches, so a fetch from the middle of one brings records before the position, too. */
function recordsOf(batches: readonly RecordsBatch[], position: number): LogRecord[] {
  const records: LogRecord[] = [];
  for (const batch of batches) {
    const first = Number(batch.firstOffset);
    const firstTimestamp = Number(batch.firstTimestamp);
    for (const record of batch.records) {
      const offset = first + record.offsetDelta;
      if (offset < position) continue;
      records.push({
        offset,
        timestamp: firstTimestamp + Number(record.timestampDelta),
        key: record.key,
        value: record.value,
        headers: record.headers,
      });
    }
  }
  return records;
}

function isFetchResponse(value: unknown): value is FetchResponse {
  return typeof value === 'object' && value !== null && 'responses' in value;
}
