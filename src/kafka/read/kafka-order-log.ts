import type { ClusterMetadata, Consumer } from '@platformatic/kafka';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { pause } from '../../lib/backoff.ts';
import { within } from '../../lib/deadline.ts';
import { committedOffset } from '../admin/group-catalog.ts';
import { KeptAdmin } from '../admin/kept-admin.ts';
import {
  hasProtocolError,
  type KafkaClients,
  type KafkaLogger,
  NOT_YET_PATIENCE_MS,
  saysNotYet,
  toKafkaError,
} from '../clients.ts';
import { FetchLanes } from './fetch-lanes.ts';
import type { Assignment, CommittedOffset, EpochEnd, FetchedPartition, LogRange, OrderLog } from './order-log.ts';
import { PartitionFetcher } from './partition-fetcher.ts';

export interface OrderLogOptions {
  readonly clientId: string;
  readonly group: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  /** Most bytes one fetch brings of one partition. */
  readonly maxBytesPerPartition: number;
  readonly logger: KafkaLogger;
}

const REQUEST_TIMEOUT_MS = 5_000;
const LEAVE_TIMEOUT_MS = 2_000;
const CLOSE_TIMEOUT_MS = 1_000;
const NOT_YET_PAUSE_MS = 200;
/** How long added partitions may stay unseen. */
const REFRESH_MS = 5_000;
const GIVE_OWN_GROUP = 'give this service a group of its own (kafka.group)';

/** OrderLog on @platformatic/kafka: its group membership, with our own reader. */
export class KafkaOrderLog implements OrderLog {
  readonly #kafka: KafkaClients;
  readonly #options: OrderLogOptions;
  readonly #consumer: Consumer;
  readonly #fetcher: PartitionFetcher;
  readonly #lanes: FetchLanes;
  readonly #leaving = new AbortController();
  /**
   * Topic → its number of partitions when this member, as the group's leader, assigned them; empty while another member
   * leads.
   */
  #dealt: ReadonlyMap<string, number> = new Map();
  /** The same for the generation that is being formed. */
  #dealing: ReadonlyMap<string, number> | undefined;
  #closing: Promise<void> | undefined;

  constructor(kafka: KafkaClients, options: OrderLogOptions) {
    this.#kafka = kafka;
    this.#options = options;
    this.#consumer = kafka.consumer({
      clientId: options.clientId,
      groupId: options.group,
      autocommit: false,
      partitionAssigner: (_leader, members, _topics, { topics }) => {
        this.#dealing = new Map([...topics].map(([name, { partitionsCount }]) => [name, partitionsCount]));
        return assignBySubscription(members, topics);
      },
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: options.sessionTimeoutMs,
      heartbeatInterval: Math.max(500, Math.floor(options.sessionTimeoutMs / 6)),
      heartbeatStallTimeout: options.sessionTimeoutMs * 2,
      connectTimeout: REQUEST_TIMEOUT_MS,
      // Joining waits for the other members, up to the rebalance time-out.
      requestTimeout: REQUEST_TIMEOUT_MS + options.sessionTimeoutMs,
      retries: 1,
      retryDelay: 100,
    });
    this.#fetcher = new PartitionFetcher(kafka, options);
    const { logger } = options;
    this.#lanes = new FetchLanes(this.#fetcher, {
      onSilent: (broker, partitions, { message: error }) => {
        if (this.#leaving.signal.aborted) return;
        logger.warn({ broker, partitions, error }, 'a broker does not answer: its partitions wait');
      },
      onAnswer: (broker) => logger.info({ broker }, 'the broker answers again'),
    });
  }

  get lastHeartbeat(): number | undefined {
    return this.#consumer.lastHeartbeat?.getTime();
  }

  async start(onAssignment: (assignment: Assignment) => void, onLost: (reason: string) => void): Promise<void> {
    const { topic, group } = this.#options;
    let lost = false;
    const lose = (reason: string): void => {
      if (lost || this.#closing !== undefined) return;
      lost = true;
      onLost(reason);
    };
    this.#consumer.on('error', (error: Error) => lose(error.message));
    this.#consumer.on('consumer:heartbeat:stalled', () => lose('the broker answers no heartbeat'));
    this.#consumer.on('consumer:group:join', ({ assignments, isLeader = false }) => {
      const others = assignments?.filter((one) => one.topic !== topic && one.partitions.length > 0) ?? [];
      if (others.length > 0) {
        // Its leader deals out topics without asking who reads them, so nobody may be reading ours.
        const names = others.map((one) => one.topic).join(', ');
        lose(`group ${group} gives this member partitions of ${names}, which it does not read: ${GIVE_OWN_GROUP}`);
        return;
      }
      const partitions = assignments?.find((one) => one.topic === topic)?.partitions ?? [];
      // Alone in the group it gets all there are, and no assignor is asked.
      const dealt = this.#dealing ?? new Map([[topic, partitions.length]]);
      this.#dealt = isLeader ? dealt : new Map();
      this.#dealing = undefined;
      onAssignment({ topicId: this.#fetcher.topicId, partitions });
    });
    await this.#fetcher.open();
    this.#consumer.topics.track(topic);
    try {
      await this.#join();
    } catch (error) {
      const what = `joining group ${group}`;
      if (!hasProtocolError(error, 'INCONSISTENT_GROUP_PROTOCOL')) throw toKafkaError(error, what, group);
      const message = `${what}: its other members share partitions in another way`;
      throw new AppError('kafka_unavailable', message, { retryable: true, advice: GIVE_OWN_GROUP, cause: error });
    }
    void this.#watchTopics(lose);
  }

  /** Brokers do not announce added partitions: the leader looks for them and makes the group rebalance. */
  async #watchTopics(lose: (reason: string) => void): Promise<void> {
    while (!this.#leaving.signal.aborted) {
      await pause(REFRESH_MS, this.#leaving.signal);
      const dealt = this.#dealt;
      for (const [topic, count] of dealt) {
        const look = this.#consumer.metadata({ topics: [topic], forceUpdate: true });
        const now = await look.then(({ topics }) => topics.get(topic)?.partitionsCount ?? count).catch(() => count);
        if (this.#leaving.signal.aborted || this.#dealt !== dealt) break;
        if (now === count) continue;
        await this.#consumer.joinGroup({}).catch((error: unknown) => lose(messageOf(error)));
        break;
      }
    }
  }

  fetch(...[positions, waitMs, lastEpochs]: Parameters<OrderLog['fetch']>): Promise<FetchedPartition[]> {
    return this.#lanes.fetch({ positions, waitMs, lastEpochs });
  }

  peek(partition: number, offset: number): Promise<FetchedPartition[]> {
    return this.#fetcher.fetch(new Map([[partition, offset]]), 0);
  }

  epochEnds(epochs: ReadonlyMap<number, number>): Promise<Map<number, EpochEnd>> {
    return this.#fetcher.epochEnds(epochs);
  }

  async ranges(partitions: readonly number[]): Promise<Map<number, LogRange>> {
    const led = new Set(await this.#fetcher.all(true));
    const asked = partitions.filter((partition) => led.has(partition));
    return asked.length === 0 ? new Map() : this.#fetcher.ranges(asked);
  }

  async committed(): Promise<Map<number, CommittedOffset>> {
    const { clientId, group, topic } = this.#options;
    const admin = new KeptAdmin(this.#kafka, { clientId, timeoutMs: REQUEST_TIMEOUT_MS });
    try {
      const groups = await admin.ask(`the offsets of group ${group}`, (client) =>
        client.listConsumerGroupOffsets({ groups: [group] }),
      );
      const known = groups[0]?.topics.find(({ name }) => name === topic)?.partitions ?? [];
      return new Map(
        known.flatMap((one) => {
          const committed = committedOffset(one);
          return committed === undefined ? [] : [[one.partitionIndex, committed] as const];
        }),
      );
    } finally {
      void admin.close();
    }
  }

  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const { topic } = this.#options;
    try {
      const { topics } = await this.#consumer.metadata({ topics: [topic] });
      const partitions = topics.get(topic)?.partitions ?? [];
      const moves = [...offsets].map(([partition, offset]) => ({
        topic,
        partition,
        offset: BigInt(offset),
        leaderEpoch: Math.max(0, partitions[partition]?.leaderEpoch ?? 0),
      }));
      await this.#consumer.commit({ offsets: moves });
    } catch (error) {
      throw toKafkaError(error, `committing offsets of ${topic}`);
    }
  }

  async #join(): Promise<void> {
    const { signal } = this.#leaving;
    for (const began = performance.now(); ; await pause(NOT_YET_PAUSE_MS, signal)) {
      try {
        await this.#consumer.joinGroup({});
        return;
      } catch (error) {
        const patient = saysNotYet(error) && performance.now() - began < NOT_YET_PATIENCE_MS;
        if (!patient || signal.aborted) throw error;
      }
    }
  }

  close(): Promise<void> {
    this.#leaving.abort();
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([this.#leave(), this.#fetcher.close()]);
  }

  /** Never rejects, bounded in time: if a broker does not answer, the session time-out ends the membership. */
  async #leave(): Promise<void> {
    // close() alone lets a join that is under way succeed, and its member send heartbeats for ever.
    const left = new Promise<void>((resolve) => this.#consumer.leaveGroup(true, () => resolve()));
    await within(LEAVE_TIMEOUT_MS, left).catch(() => {});
    await within(CLOSE_TIMEOUT_MS, this.#consumer.close(true)).catch(() => {});
  }
}

/** The topics a group's member subscribes to. */
export interface Subscriber {
  readonly topics?: readonly string[];
}

/** A member's assignment: topic → its partitions. */
type Share = Map<string, { topic: string; partitions: number[] }>;

/**
 * Assigns each topic's partitions in turn to the members that subscribe to it, as Kafka's round-robin assignor does.
 * The client's own assignor gives the leader's topics to every member: members of one group that read different topics
 * would get partitions they never read, and nobody would read the rest.
 */
export function assignBySubscription(
  members: ReadonlyMap<string, Subscriber>,
  topics: ClusterMetadata['topics'],
): { memberId: string; assignments: Share }[] {
  const shares = new Map<string, Share>([...members.keys()].map((memberId) => [memberId, new Map()]));
  for (const [topic, { partitionsCount }] of topics) {
    const readers = [...members].flatMap(([id, member]) => (member.topics?.includes(topic) ? [id] : [])).sort();
    for (let partition = 0; readers.length > 0 && partition < partitionsCount; partition += 1) {
      const share = shares.get(readers[partition % readers.length] ?? '');
      const dealt = share?.get(topic) ?? { topic, partitions: [] };
      dealt.partitions.push(partition);
      share?.set(topic, dealt);
    }
  }
  return [...shares].map(([memberId, assignments]) => ({ memberId, assignments }));
}
