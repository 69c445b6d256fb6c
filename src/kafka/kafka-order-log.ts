import { Consumer, type RecordsBatch } from '@platformatic/kafka';
import { AppError } from '../lib/app-error.ts';
import { within } from '../lib/deadline.ts';
import { hasProtocolError, responseOf, toKafkaError } from './kafka-error.ts';
import type { Assignment, FetchedPartition, LogRange, LogRecord, OrderLog } from './order-log.ts';
import { committedBatches } from './read-committed.ts';

export interface OrderLogOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly group: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  /** Longest a fetch will be asked to wait for the first message. */
  readonly fetchWaitMs: number;
  /** Most bytes one fetch brings of one partition. */
  readonly maxBytesPerPartition: number;
}

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;

const REQUEST_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 3_000;
const READ_COMMITTED = 1;
const OFFSET_OUT_OF_RANGE = 1;
const NO_ERROR = 0;
const EARLIEST = -2n;
const LATEST = -1n;

/**
 * OrderLog on @platformatic/kafka, by its group membership and its plain fetch call. Its message stream is not used: it chooses
 * offsets by itself, and delivers messages of an aborted transaction when the abort marker is not in the same fetch.
 */
export class KafkaOrderLog implements OrderLog {
  readonly #options: OrderLogOptions;
  readonly #consumer: Consumer;
  #topicId = '';
  #closing: Promise<void> | undefined;

  constructor(options: OrderLogOptions) {
    this.#options = options;
    this.#consumer = new Consumer({
      clientId: options.clientId,
      bootstrapBrokers: [...options.brokers],
      groupId: options.group,
      autocommit: false,
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: options.sessionTimeoutMs,
      heartbeatInterval: Math.max(500, Math.floor(options.sessionTimeoutMs / 6)),
      heartbeatStallTimeout: options.sessionTimeoutMs * 2,
      isolationLevel: READ_COMMITTED,
      minBytes: 1,
      connectTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS + options.fetchWaitMs,
      retries: 1,
      retryDelay: 100,
    });
  }

  get lastHeartbeat(): number | undefined {
    return this.#consumer.lastHeartbeat?.getTime();
  }

  async start(
    onAssignment: (assignment: Assignment) => void,
    onLost: (reason: string) => void,
  ): Promise<void> {
    const { topic } = this.#options;
    let lost = false;
    const lose = (reason: string): void => {
      if (lost || this.#closing !== undefined) return;
      lost = true;
      onLost(reason);
    };
    this.#consumer.on('error', (error: Error) => lose(error.message));
    this.#consumer.on('consumer:heartbeat:stalled', () => lose('the broker answers no heartbeat'));
    this.#consumer.on('consumer:group:join', ({ assignments }) => {
      const partitions = assignments?.find((one) => one.topic === topic)?.partitions ?? [];
      onAssignment({ topicId: this.#topicId, partitions });
    });
    try {
      const metadata = await this.#consumer.metadata({ topics: [topic], forceUpdate: true });
      this.#topicId = metadata.topics.get(topic)?.id ?? '';
      if (this.#topicId === '')
        throw new AppError('topic_missing', `topic ${topic} is not there`, { retryable: true });
      this.#consumer.topics.track(topic);
      await this.#consumer.joinGroup({});
    } catch (error) {
      throw toKafkaError(error, `joining group ${this.#options.group}`);
    }
  }

  async fetch(positions: ReadonlyMap<number, number>, waitMs: number): Promise<FetchedPartition[]> {
    try {
      const byLeader = await this.#byLeader([...positions.keys()]);
      const responses = await Promise.all(
        [...byLeader].map(([node, partitions]) => this.#fetchFrom(node, partitions, positions, waitMs)),
      );
      return responses.flatMap((response) => this.#read(response, positions));
    } catch (error) {
      throw toKafkaError(error, `fetching ${this.#options.topic}`);
    }
  }

  async ranges(partitions: readonly number[]): Promise<Map<number, LogRange>> {
    const { topic } = this.#options;
    const list = (timestamp: bigint) =>
      this.#consumer.listOffsets({
        topics: [topic],
        partitions: { [topic]: [...partitions] },
        timestamp,
        isolationLevel: READ_COMMITTED,
      });
    try {
      const [starts, ends] = await Promise.all([list(EARLIEST), list(LATEST)]);
      const at = (offsets: Map<string, bigint[]>, partition: number): number =>
        Number(offsets.get(topic)?.[partition] ?? 0n);
      return new Map(
        partitions.map((partition) => [
          partition,
          { start: at(starts, partition), end: at(ends, partition) },
        ]),
      );
    } catch (error) {
      throw toKafkaError(error, `listing the offsets of ${topic}`);
    }
  }

  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const { topic } = this.#options;
    try {
      await this.#consumer.commit({
        offsets: [...offsets].map(([partition, offset]) => ({
          topic,
          partition,
          offset: BigInt(offset),
          leaderEpoch: -1,
        })),
      });
    } catch (error) {
      throw toKafkaError(error, `committing offsets of ${topic}`);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // A broker that does not answer must not hold the caller: the session time-out takes the membership away.
    await within(CLOSE_TIMEOUT_MS, this.#consumer.close(true)).catch(() => {});
  }

  async #byLeader(partitions: readonly number[]): Promise<Map<number, number[]>> {
    const { topic } = this.#options;
    const metadata = await this.#consumer.metadata({ topics: [topic] });
    const known = metadata.topics.get(topic);
    if (known === undefined || known.id !== this.#topicId) {
      throw new AppError('topic_missing', `topic ${topic} was deleted or re-created`, { retryable: true });
    }
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
      partitionMaxBytes: this.#options.maxBytesPerPartition,
    }));
    try {
      return await this.#consumer.fetch({
        node,
        topics: [{ topicId: this.#topicId, partitions: request }],
        maxWaitTime: waitMs,
      });
    } catch (error) {
      // One partition out of range fails the whole answer; the others' records in it are good.
      const response = responseOf(error);
      if (isFetchResponse(response) && hasProtocolError(error, 'OFFSET_OUT_OF_RANGE')) return response;
      throw error;
    }
  }

  #read(response: FetchResponse, positions: ReadonlyMap<number, number>): FetchedPartition[] {
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
        headers: record.headers as LogRecord['headers'],
      });
    }
  }
  return records;
}

function isFetchResponse(value: unknown): value is FetchResponse {
  return typeof value === 'object' && value !== null && 'responses' in value;
}
