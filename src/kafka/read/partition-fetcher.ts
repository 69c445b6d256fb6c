import type { Broker, ClusterMetadata, ClusterTopicMetadata, Consumer } from '@platformatic/kafka';
import { formatAddress } from '../../lib/address.ts';
import { AppError } from '../../lib/app-error.ts';
import { within } from '../../lib/deadline.ts';
import { withinRfc3339 } from '../../lib/rfc3339.ts';
import { type OpenTransaction, openTransactions } from '../admin/open-transactions.ts';
import { type KafkaClients, toKafkaError } from '../clients.ts';
import { rightNeeded } from '../refusal.ts';
import { askEpochEnds, EpochStarts, spansOf } from './epoch-ends.ts';
import { type FetchAnswer, fetchRecords, fetchVersion } from './fetch-api.ts';
import type { EpochEnd, FetchedPartition, LogRange } from './order-log.ts';
import { committedRecords } from './record-batch-reader.ts';

export interface PartitionFetcherOptions {
  readonly clientId: string;
  readonly topic: string;
  /** Most bytes one fetch brings of one partition, but always one batch at least. */
  readonly maxBytesPerPartition: number;
  /** Time a broker may take to answer, besides the wait for messages, ms; default 10,000. */
  readonly requestTimeoutMs?: number | undefined;
}

export interface FetchAsked {
  /** Partition → offset to read from. */
  readonly positions: ReadonlyMap<number, number>;
  /** How long a broker may wait for the first message, ms. */
  readonly waitMs: number;
  /** Partition → epoch of the message before the position. */
  readonly lastEpochs?: ReadonlyMap<number, number> | undefined;
}

/** What one broker is asked for: partition → offset, or epoch. */
export interface Share {
  readonly node: number;
  /** host:port. */
  readonly address: string;
  readonly broker: Broker;
  readonly positions: Map<number, number>;
}

const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
/**
 * Limit for all partitions together. An answer is held in memory as a whole, and its records once more, so a larger one
 * gains nothing.
 */
const MAX_FETCH_BYTES = 2 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** The leader is asked again which replica is best after this. */
const PREFERRED_MS = 300_000;
/** After a replica has failed, leaders name no other for this long. */
const RACK_PAUSE_MS = 30_000;
const EARLIEST = -2n;
const LATEST = -1n;
const NONE = -1n;
// Error codes of the protocol, https://kafka.apache.org/protocol#protocol_error_codes
const NO_ERROR = 0;
const OFFSET_OUT_OF_RANGE = 1;
const TOPIC_DENIED = 29;
const TOPIC_GONE = new Set([3, 100, 103]);
const noAnswer = () => new AppError('kafka_unavailable', 'the broker does not answer', { retryable: true });

/**
 * Reads partitions of one topic from given offsets, on connections of its own: a fetch that waits for messages holds up
 * whatever else is asked on its connection. The client's message stream is not used: it chooses offsets by itself, and
 * delivers messages of an aborted transaction when the abort marker is not in the same fetch.
 */
export class PartitionFetcher {
  readonly #options: PartitionFetcherOptions & { readonly requestTimeoutMs: number };
  readonly #client: Consumer;
  #version: number | undefined;
  #topicId = '';
  #partitions = 0;
  readonly #rack: string;
  /** Partition → the replica that its leader has named to read from. */
  readonly #preferred = new Map<number, { readonly node: number; readonly until: number }>();
  #rackFrom = 0;
  readonly #leaderEpochs = new Map<number, number>();
  readonly #epochStarts = new EpochStarts((epochs) => this.epochEnds(epochs));
  /** The metadata may be outdated: a broker has said so, or did not answer. */
  #inDoubt = false;

  constructor(kafka: KafkaClients, options: PartitionFetcherOptions) {
    const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
    this.#options = { ...options, requestTimeoutMs };
    this.#rack = kafka.rack;
    this.#client = kafka.consumer({
      clientId: options.clientId,
      // The client wants a name, but no group is joined.
      groupId: `${options.clientId}-fetcher`,
      connectTimeout: Math.min(CONNECT_TIMEOUT_MS, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      retries: 1,
      retryDelay: 100,
    });
  }

  /** Distinguishes this topic from others of the same name, earlier or later. */
  get topicId(): string {
    return this.#topicId;
  }

  /** The topic's number of partitions at the last look-up; while fetching that is at most some seconds ago. */
  get partitions(): number {
    return this.#partitions;
  }

  /** Looks the topic up; call it first. @throws AppError `topic_missing`, `kafka_unavailable`. */
  async open(): Promise<void> {
    const { topic } = this.#options;
    try {
      const [{ known }, apis] = await Promise.all([this.#lookUp(true), this.#client.listApis()]);
      const range = apis.find((api) => api.name === 'Fetch');
      this.#version = range === undefined ? undefined : fetchVersion(range);
      if (this.#version === undefined) throw new AppError('kafka_unavailable', 'the broker is too old: 3.1 is needed');
      this.#topicId = known.id;
      this.#client.topics.track(topic);
    } catch (error) {
      throw toKafkaError(error, `looking up topic ${topic}`);
    }
  }

  /**
   * Reads each partition from its position, and waits up to `waitMs` for the first message. Partitions that can't be
   * read at the moment are left out. With `lastEpochs`, the epochs of the messages before the positions, the broker
   * says when its log is a different one, and the answer says where epochs begin.
   * @throws AppError `topic_missing` when the topic was deleted or re-created, `kafka_unavailable` when nothing could
   * be read.
   */
  async fetch(
    positions: ReadonlyMap<number, number>,
    waitMs: number,
    lastEpochs?: ReadonlyMap<number, number>,
  ): Promise<FetchedPartition[]> {
    const shares = await this.shares(positions);
    const answers = await Promise.allSettled(shares.map((share) => this.ask(share, { positions, waitMs, lastEpochs })));
    const failures = answers.flatMap((one) => (one.status === 'rejected' ? [one.reason as AppError] : []));
    const final = failures.find(({ code }) => code !== 'kafka_unavailable');
    if (final !== undefined || failures.length === answers.length) throw final ?? failures[0];
    return answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  }

  /** The positions by leader; never empty. @throws AppError as `fetch`. */
  async shares(positions: ReadonlyMap<number, number>): Promise<Share[]> {
    try {
      return await this.#byNode(positions, (partition) => this.#replica(partition));
    } catch (error) {
      this.#inDoubt = true;
      throw toKafkaError(error, `fetching ${this.#options.topic}`);
    }
  }

  /** Reads one broker's share. @throws AppError as `fetch`. */
  async ask({ node, broker, positions }: Share, { waitMs, lastEpochs }: FetchAsked): Promise<FetchedPartition[]> {
    try {
      const connection = await this.#client.connections.get(broker);
      const asked = fetchRecords(connection, this.#version ?? 0, {
        topicId: this.#topicId,
        positions,
        lastEpochs: lastEpochs ?? new Map(),
        leaderEpochs: this.#leaderEpochs,
        maxWaitMs: waitMs,
        maxBytes: MAX_FETCH_BYTES,
        maxBytesPerPartition: this.#options.maxBytesPerPartition,
        isolationLevel: READ_COMMITTED,
        rack: performance.now() < this.#rackFrom ? '' : this.#rack,
      });
      // A broker that is stopped, not gone, keeps its connections open and says nothing.
      const answer = await within(this.#options.requestTimeoutMs + waitMs, asked, noAnswer);
      const read = this.#read(this.#believed(node, answer), positions);
      return lastEpochs === undefined ? read : await this.#epochStarts.addTo(read);
    } catch (error) {
      this.#inDoubt = true;
      this.#forget(node, positions.keys());
      throw toKafkaError(error, `fetching ${this.#options.topic}`);
    }
  }

  /**
   * Notes which replicas to read from, and leaves out what only the leader can tell: a replica may be behind.
   * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-392
   */
  #believed(node: number, answer: FetchAnswer): FetchAnswer {
    if (this.#rack === '') return answer;
    const until = performance.now() + PREFERRED_MS;
    const behind = new Set<number>();
    for (const { partition, preferred, errorCode, diverged } of answer.partitions) {
      if (preferred >= 0) this.#preferred.set(partition, { node: preferred, until });
      else if ((errorCode !== NO_ERROR || diverged) && this.#preferred.get(partition)?.node === node)
        behind.add(partition);
    }
    this.#forget(node, behind);
    return { ...answer, partitions: answer.partitions.filter(({ partition }) => !behind.has(partition)) };
  }

  /** Has the leader read instead of a replica that fails, and for a while no other one. */
  #forget(node: number, partitions: Iterable<number>): void {
    for (const partition of partitions) {
      if (this.#preferred.get(partition)?.node !== node) continue;
      this.#preferred.delete(partition);
      this.#rackFrom = performance.now() + RACK_PAUSE_MS;
    }
  }

  /**
   * For each partition of partition → epoch, where that epoch ends; partitions without a leader are left out.
   * @throws AppError `kafka_unavailable`.
   */
  async epochEnds(epochs: ReadonlyMap<number, number>): Promise<Map<number, EpochEnd>> {
    const { topic } = this.#options;
    try {
      this.#inDoubt = true;
      const shares = await this.#byNode(epochs);
      const answers = await Promise.all(
        shares.map(async ({ broker, positions }) => {
          const connection = await this.#client.connections.get(broker);
          const asked = askEpochEnds(connection, topic, positions, this.#leaderEpochs);
          return within(REQUEST_TIMEOUT_MS, asked);
        }),
      );
      return new Map(answers.flat());
    } catch (error) {
      throw toKafkaError(error, `asking where epochs of ${topic} end`);
    }
  }

  /** All partitions the topic has now, or those of them that have a leader. @throws AppError as `open`. */
  async all(led = false): Promise<number[]> {
    try {
      const { known } = await this.#lookUp(true);
      return [...known.partitions.entries()].flatMap(([at, { leader }]) => (led && leader < 0 ? [] : [at]));
    } catch (error) {
      throw toKafkaError(error, `looking up topic ${this.#options.topic}`);
    }
  }

  /**
   * First and next offset of each partition, as readers of committed messages see them.
   * @throws AppError `kafka_unavailable`.
   */
  async ranges(partitions: readonly number[]): Promise<Map<number, LogRange>> {
    const [starts, ends] = await Promise.all([
      this.#listOffsets(partitions, EARLIEST),
      this.#listOffsets(partitions, LATEST),
    ]);
    const at = (offsets: readonly bigint[], partition: number): number => Number(offsets[partition] ?? 0n);
    return new Map(
      partitions.map((partition) => [partition, { start: at(starts, partition), end: at(ends, partition) }]),
    );
  }

  /** Where each partition ends, including open transactions. @throws AppError `kafka_unavailable`. */
  async highWatermarks(partitions: readonly number[]): Promise<Map<number, number>> {
    const ends = await this.#listOffsets(partitions, LATEST, READ_UNCOMMITTED);
    return new Map(partitions.map((partition) => [partition, Number(ends[partition] ?? 0n)]));
  }

  /** The open transactions of the partitions, as far as the brokers tell. Never rejects. */
  openTransactions(partitions: readonly number[]): Promise<OpenTransaction[]> {
    return openTransactions(this.#client, this.#options.topic, partitions);
  }

  /**
   * The first offset of each partition with this timestamp (ms) or a later one; partitions without one are left out.
   * @throws AppError `kafka_unavailable`.
   */
  async offsetsAt(partitions: readonly number[], timestamp: number): Promise<Map<number, number>> {
    const offsets = await this.#listOffsets(partitions, BigInt(Math.floor(withinRfc3339(timestamp))));
    return new Map(
      partitions.flatMap((partition) => {
        const offset = Number(offsets[partition] ?? NONE);
        return offset < 0 ? [] : [[partition, offset] as const];
      }),
    );
  }

  async #listOffsets(
    partitions: readonly number[],
    timestamp: bigint,
    isolationLevel: 0 | 1 = READ_COMMITTED,
  ): Promise<readonly bigint[]> {
    const { topic } = this.#options;
    try {
      // One that was added a moment ago is not in the metadata yet.
      const { known } = await this.#lookUp(partitions.some((partition) => partition >= this.#partitions));
      const leaderless = partitions.find((partition) => (known.partitions[partition]?.leader ?? 0) < 0);
      if (leaderless !== undefined)
        throw new AppError('kafka_unavailable', `partition ${leaderless} of ${topic} has no leader`, {
          retryable: true,
        });
      const offsets = await this.#client.listOffsets({
        topics: [topic],
        partitions: { [topic]: [...partitions] },
        timestamp,
        isolationLevel,
      });
      return offsets.get(topic) ?? [];
    } catch (error) {
      throw toKafkaError(error, `listing the offsets of ${topic}`);
    }
  }

  /** Closes every connection; idempotent, bounded in time. */
  async close(): Promise<void> {
    await within(CLOSE_TIMEOUT_MS, this.#client.close(true)).catch(() => {});
  }

  /** The metadata, a few seconds old at most, or fresh. */
  async #lookUp(asked = false): Promise<{ brokers: ClusterMetadata['brokers']; known: ClusterTopicMetadata }> {
    const { topic } = this.#options;
    const now = asked || this.#inDoubt;
    // Not cleared when it is in doubt: the brokers it names may be all there is left of those in the settings.
    const { brokers, topics } = await this.#client.metadata({ topics: [topic], forceUpdate: now });
    const known = topics.get(topic);
    if (known === undefined) throw this.#missing('does not exist');
    if (this.#topicId !== '' && known.id !== this.#topicId) throw this.#missing('was deleted or re-created');
    if (now) this.#inDoubt = false;
    this.#partitions = known.partitionsCount;
    // A broker that has not heard of a new leader yet must not be believed again.
    for (const [at, { leaderEpoch }] of known.partitions.entries())
      this.#leaderEpochs.set(at, Math.max(leaderEpoch, this.#leaderEpochs.get(at) ?? leaderEpoch));
    return { brokers, known };
  }

  /** The replica to read from instead of the leader, if there is one. */
  #replica(partition: number): number | undefined {
    const { node, until = 0 } = this.#preferred.get(partition) ?? {};
    return performance.now() < until ? node : undefined;
  }

  /** The requested values by broker: the leader, or another that is known. */
  async #byNode(
    wanted: ReadonlyMap<number, number>,
    other: (partition: number) => number | undefined = () => undefined,
  ): Promise<Share[]> {
    const { topic } = this.#options;
    const { brokers, known } = await this.#lookUp();
    const shares = new Map<number, Share>();
    for (const [partition, value] of wanted) {
      const leader = known.partitions[partition]?.leader ?? -1;
      const wished = other(partition) ?? leader;
      const node = brokers.has(wished) ? wished : leader;
      const broker = brokers.get(node);
      if (broker === undefined) continue;
      const share = shares.get(node) ?? { node, address: formatAddress(broker), broker, positions: new Map() };
      share.positions.set(partition, value);
      shares.set(node, share);
    }
    if (shares.size === 0 && wanted.size > 0) {
      throw new AppError('kafka_unavailable', `no partition of ${topic} has a leader`, { retryable: true });
    }
    return [...shares.values()];
  }

  #read(answer: FetchAnswer, positions: ReadonlyMap<number, number>): FetchedPartition[] {
    const codes = new Set([answer.errorCode, ...answer.partitions.map((one) => one.errorCode)]);
    if ([...codes].some((code) => TOPIC_GONE.has(code))) throw this.#missing('was deleted or re-created');
    const good = answer.partitions.filter(
      ({ errorCode }) => errorCode === NO_ERROR || errorCode === OFFSET_OUT_OF_RANGE,
    );
    if (good.length < answer.partitions.length) this.#inDoubt = true;
    if (codes.has(TOPIC_DENIED)) throw new AppError('kafka_refuses', rightNeeded('Read', 'topic', this.#options.topic));
    if (good.length === 0 && (answer.partitions.length > 0 || answer.errorCode !== NO_ERROR)) {
      throw new AppError('kafka_unavailable', `the broker answers error ${[...codes].join(', ')}`, { retryable: true });
    }
    return good.map((one) => {
      const position = positions.get(one.partition) ?? 0;
      return {
        partition: one.partition,
        records: committedRecords(one.batches, one.aborted, position),
        nextOffset: Math.max(position, one.batches.at(-1)?.nextOffset ?? position),
        logStartOffset: one.logStartOffset,
        epochs: spansOf(one.batches),
        outOfRange: one.diverged || one.errorCode === OFFSET_OUT_OF_RANGE,
      };
    });
  }

  #missing(what: string): AppError {
    return new AppError('topic_missing', `topic ${this.#options.topic} ${what}`, { retryable: true });
  }
}
