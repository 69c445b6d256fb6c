import { type Admin, type ClusterTopicMetadata, ConfigResourceTypes, ConfigSources } from '@platformatic/kafka';
import { AppError } from '../../lib/app-error.ts';
import type { KeptAdmin } from './kept-admin.ts';
import { type OpenTransaction, openTransactions } from './open-transactions.ts';

/** Only the name is known of Kafka's own topics: they can be listed, not inspected. */
export interface TopicSummary {
  readonly name: string;
  readonly topicId: string | undefined;
  /** Kafka's own. */
  readonly internal: boolean;
  readonly partitions: number | undefined;
  readonly replicationFactor: number | undefined;
  /**
   * Offsets between the starts and the ends. Fewer messages remain where some were compacted or belong to aborted
   * transactions.
   */
  readonly messages: number | undefined;
  /** How many of them wait for an open transaction. */
  readonly pending: number | undefined;
}

/** Where a partition begins and ends. Messages between the two ends wait for an open transaction. */
interface PartitionEnds {
  readonly start: number;
  /** The offset after the last message that readers of committed messages see: the last stable offset. */
  readonly stableEnd: number;
  /** The offset after the last message: the high watermark. */
  readonly end: number;
}

interface PartitionDetail extends PartitionEnds {
  readonly partition: number;
  /** Broker id; undefined without a leader. */
  readonly leader: number | undefined;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
  /** What the log takes on the leader's disk; undefined when no broker tells, as to a user without rights to the cluster. */
  readonly bytes: number | undefined;
}

interface TopicSetting {
  readonly name: string;
  /** Null for a secret or an unset value. */
  readonly value: string | null;
  /** Where it is set: on this topic, for all topics of the brokers, or nowhere. */
  readonly source: 'topic' | 'broker' | 'default';
}

export interface TopicDetail extends TopicSummary {
  readonly partitionDetails: readonly PartitionDetail[];
  readonly settings: readonly TopicSetting[];
  /** In the partitions with waiting messages, as far as the brokers tell. */
  readonly openTransactions: readonly OpenTransaction[];
}

export interface TopicEnds {
  readonly topicId: string;
  /** By partition; those without a leader are left out. */
  readonly ends: ReadonlyMap<number, Omit<PartitionEnds, 'start'>>;
}

/** Partitions of topics: name → numbers. */
type PartitionSet = ReadonlyMap<string, readonly number[]>;
/** As the client returns them: of Kafka's own topics only the name. */
type Topics = ReadonlyMap<string, ClusterTopicMetadata | undefined>;

const EARLIEST = -2n;
const LATEST = -1n;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const LIST_ATTEMPTS = 3;

/** Lists topics. Every call throws AppError `kafka_unavailable` (retryable) while Kafka can't answer. */
export class TopicCatalog {
  readonly #admin: KeptAdmin;

  constructor(admin: KeptAdmin) {
    this.#admin = admin;
  }

  /** All topics by name; Kafka's own ones (`__…`) only when asked for. */
  async list(internal = false): Promise<TopicSummary[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#admin.ask('listing topics', (admin) => list(admin, internal));
      } catch (error) {
        // One was deleted between its name and its partitions.
        const gone = error instanceof AppError && error.code === 'topic_missing';
        if (!gone || attempt === LIST_ATTEMPTS) throw error;
      }
    }
  }

  /** @throws AppError `topic_missing` */
  find(name: string): Promise<TopicDetail> {
    return this.#admin.ask(`topic ${name}`, async (admin) => {
      const { topics } = await admin.metadata({ topics: [name], forceUpdate: true });
      const topic = topics.get(name);
      if (topic === undefined) throw new AppError('topic_missing', `topic ${name} can't be looked into`);
      const [ranges, sizes, [described]] = await Promise.all([
        rangesOf(admin, ledPartitions(topics)),
        sizesOf(admin, name, topic),
        admin.describeConfigs({
          resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: name, configurationKeys: null }],
        }),
      ]);
      const known = ranges.get(name);
      const waiting = [...(known ?? [])].flatMap(([one, ends]) => (pendingOf(ends) > 0 ? [one] : []));
      const settings = (described?.configs ?? []).map((one) => ({
        name: one.name,
        value: one.isSensitive ? null : (one.value ?? null),
        source: sourceOf(one.configSource),
      }));
      return {
        ...summaryOf(name, topic, known),
        partitionDetails: topic.partitions.map((one, partition) => ({
          partition,
          leader: one.leader < 0 ? undefined : one.leader,
          replicas: one.replicas,
          inSyncReplicas: one.isr,
          bytes: sizes.get(partition)?.get(one.leader),
          ...(known?.get(partition) ?? { start: 0, stableEnd: 0, end: 0 }),
        })),
        settings: settings.sort((a, b) => (a.name < b.name ? -1 : 1)),
        openTransactions: await openTransactions(admin, name, waiting),
      };
    });
  }

  /** Where each of these topics ends. @throws AppError `topic_missing` */
  ends(topics: readonly string[]): Promise<Map<string, TopicEnds>> {
    return this.#admin.ask('asking where topics end', async (admin) => {
      const metadata = await admin.metadata({ topics: [...topics], forceUpdate: true });
      const ends = await endsOf(admin, ledPartitions(metadata.topics));
      return new Map(
        topics.map((name) => [
          name,
          { topicId: metadata.topics.get(name)?.id ?? '', ends: ends.get(name) ?? new Map() },
        ]),
      );
    });
  }
}

function sourceOf(source: number): TopicSetting['source'] {
  if (source === ConfigSources.DYNAMIC_TOPIC_CONFIG) return 'topic';
  return source === ConfigSources.DEFAULT_CONFIG ? 'default' : 'broker';
}

/** Partition → broker → bytes of its log there. Empty when a broker does not tell. */
async function sizesOf(admin: Admin, name: string, { partitionsCount }: ClusterTopicMetadata) {
  const partitions = Array.from({ length: partitionsCount }, (_, partition) => partition);
  const described = await admin.describeLogDirs({ topics: [{ name, partitions }] }).catch(() => []);
  const sizes = new Map<number, Map<number, number>>();
  for (const { broker, results } of described) {
    for (const one of results.flatMap(({ topics }) => topics).flatMap((topic) => topic.partitions)) {
      const ofBrokers = sizes.get(one.partitionIndex) ?? new Map<number, number>();
      // A log that is being moved to another disk is there twice.
      if (!one.isFutureKey) ofBrokers.set(broker, Number(one.partitionSize));
      sizes.set(one.partitionIndex, ofBrokers);
    }
  }
  return sizes;
}

/** Offsets that wait for an open transaction: as many messages, or fewer. */
function pendingOf({ stableEnd, end }: Omit<PartitionEnds, 'start'>): number {
  return Math.max(0, end - stableEnd);
}

async function list(admin: Admin, internal: boolean): Promise<TopicSummary[]> {
  const names = (await admin.listTopics({ includeInternals: internal })).sort();
  const asked = names.filter((name) => !isInternal(name));
  const topics: Topics =
    asked.length === 0 ? new Map() : (await admin.metadata({ topics: asked, forceUpdate: true })).topics;
  const ranges = await rangesOf(admin, ledPartitions(topics));
  return names.map((name) => summaryOf(name, topics.get(name), ranges.get(name)));
}

function isInternal(name: string): boolean {
  return name.startsWith('__');
}

function summaryOf(
  name: string,
  topic: ClusterTopicMetadata | undefined,
  ranges: ReadonlyMap<number, PartitionEnds> | undefined,
): TopicSummary {
  return {
    name,
    topicId: topic?.id,
    internal: isInternal(name),
    partitions: topic?.partitionsCount,
    replicationFactor: topic?.partitions[0]?.replicas.length,
    messages: ranges?.values().reduce((sum, { start, end }) => sum + end - start, 0),
    pending: ranges?.values().reduce((sum, one) => sum + pendingOf(one), 0),
  };
}

/** Partitions with a leader: one without can't be asked, and must not hide the others. */
function ledPartitions(topics: Topics): PartitionSet {
  return new Map(
    [...topics].map(([name, topic]) => [
      name,
      (topic?.partitions ?? []).flatMap(({ leader }, partition) => (leader < 0 ? [] : [partition])),
    ]),
  );
}

async function rangesOf(admin: Admin, of: PartitionSet): Promise<Map<string, Map<number, PartitionEnds>>> {
  const [starts, ends] = await Promise.all([offsetsOf(admin, of, EARLIEST), endsOf(admin, of)]);
  return mapped(ends, (end, name, partition) => ({ start: starts.get(name)?.get(partition) ?? end.end, ...end }));
}

async function endsOf(admin: Admin, of: PartitionSet): Promise<Map<string, Map<number, Omit<PartitionEnds, 'start'>>>> {
  // One after the other: what arrives in between must not look as if it waited for an open transaction.
  const ends = await offsetsOf(admin, of, LATEST, READ_UNCOMMITTED);
  const stable = await offsetsOf(admin, of, LATEST, READ_COMMITTED);
  return mapped(ends, (end, name, partition) => {
    const stableEnd = stable.get(name)?.get(partition) ?? end;
    return { stableEnd, end: Math.max(stableEnd, end) };
  });
}

function mapped<T, U>(
  all: ReadonlyMap<string, ReadonlyMap<number, T>>,
  to: (value: T, name: string, partition: number) => U,
): Map<string, Map<number, U>> {
  return new Map(
    [...all].map(([name, partitions]) => [
      name,
      new Map([...partitions].map(([partition, value]) => [partition, to(value, name, partition)])),
    ]),
  );
}

async function offsetsOf(
  admin: Admin,
  of: PartitionSet,
  timestamp: bigint,
  isolationLevel: 0 | 1 = READ_UNCOMMITTED,
): Promise<Map<string, Map<number, number>>> {
  const topics = [...of]
    .filter(([, partitions]) => partitions.length > 0)
    .map(([name, partitions]) => ({
      name,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp })),
    }));
  if (topics.length === 0) return new Map();
  const listed = await admin.listOffsets({ topics, isolationLevel });
  return new Map(
    listed.map(({ name, partitions }) => [
      name,
      new Map(partitions.map((one) => [one.partitionIndex, Number(one.offset)])),
    ]),
  );
}
