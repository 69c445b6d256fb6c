import {
  type Admin,
  ConfigResourceTypes,
  ConfigSources,
  IncrementalAlterConfigOperationTypes,
} from '@platformatic/kafka';
import { pause } from '../../lib/backoff.ts';
import { within } from '../../lib/deadline.ts';
import { hasProtocolError, type KafkaClients } from '../clients.ts';
import { explained } from './broker-probe.ts';

export interface TopicSettings {
  readonly name: string;
  readonly partitions: number;
  /** 0: the brokers' default. */
  readonly replicationFactor: number;
  /** Topic-level settings, such as `max.message.bytes`. */
  readonly configs?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 15_000;
const LEADERS_TIMEOUT_MS = 5_000;
const POLL_MS = 20;
/** KIP-464 */
const BROKERS_DEFAULT = -1;

/**
 * Creates the topics that do not exist, waits until they can be written to, and leaves the others as they are. Safe
 * when several processes do it at once.
 * @returns the names of those it created.
 * @throws AppError `kafka_unavailable`.
 */
export async function ensureTopics(kafka: KafkaClients, topics: readonly TopicSettings[]): Promise<string[]> {
  return withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const created: string[] = [];
    for (const topic of topics) {
      if (existing.has(topic.name)) continue;
      if (await create(admin, topic)) created.push(topic.name);
    }
    for (const topic of topics) if (created.includes(topic.name)) await hasLeaders(admin, topic);
    return created;
  });
}

/**
 * Raises the settings of topics that others created, where they fall short and nobody has set them for the topic
 * itself. Explicit settings stay.
 * @returns what was changed, `TOPIC NAME=VALUE`.
 * @throws AppError `kafka_unavailable`, also when this user may not.
 */
export async function settleTopics(kafka: KafkaClients, topics: readonly TopicSettings[]): Promise<string[]> {
  return withAdmin(kafka, async (admin) => {
    const described = await admin.describeConfigs({
      resources: topics.map(({ name, configs = {} }) => ({
        resourceType: ConfigResourceTypes.TOPIC,
        resourceName: name,
        configurationKeys: Object.keys(configs),
      })),
    });
    const changes = topics.flatMap(({ name, configs = {} }) => {
      const found = described.find(({ resourceName }) => resourceName === name)?.configs ?? [];
      const short = found.filter(
        (one) =>
          one.configSource !== ConfigSources.DYNAMIC_TOPIC_CONFIG && amount(one.value) < amount(configs[one.name]),
      );
      return short.length === 0
        ? []
        : [{ name, configs: short.map((one) => [one.name, configs[one.name] ?? ''] as const) }];
    });
    if (changes.length === 0) return [];
    await admin.incrementalAlterConfigs({
      resources: changes.map(({ name, configs }) => ({
        resourceType: ConfigResourceTypes.TOPIC,
        resourceName: name,
        configs: configs.map(([setting, value]) => ({
          name: setting,
          value,
          configOperation: IncrementalAlterConfigOperationTypes.SET,
        })),
      })),
      validateOnly: false,
    });
    return changes.flatMap(({ name, configs }) => configs.map(([setting, value]) => `${name} ${setting}=${value}`));
  });
}

/** −1 means no limit. */
function amount(value: string | null | undefined): number {
  return value === '-1' ? Number.POSITIVE_INFINITY : Number(value ?? 0);
}

/** The names of all topics except Kafka's own. @throws AppError `kafka_unavailable`. */
export function listTopics(kafka: KafkaClients): Promise<string[]> {
  return withAdmin(kafka, (admin) => admin.listTopics());
}

/**
 * The compacted ones among the topics; topics whose configuration may not be read are left out.
 * @throws AppError `kafka_unavailable`.
 */
export function compactedTopics(kafka: KafkaClients, topics: readonly string[]): Promise<Set<string>> {
  return withAdmin(kafka, async (admin) => {
    const resources = topics.map((resourceName) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName,
      configurationKeys: ['cleanup.policy'],
    }));
    const described = await admin.describeConfigs({ resources }).catch(() => []);
    const compacted = described.filter(({ configs }) => configs.some(({ value }) => value?.includes('compact')));
    return new Set(compacted.map(({ resourceName }) => resourceName));
  });
}

/** Runs `work` with an admin client that is closed afterwards; its errors become AppErrors. */
export async function withAdmin<T>(kafka: KafkaClients, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin({
    clientId: 'test-service-admin',
    connectTimeout: 3_000,
    requestTimeout: 10_000,
    retries: 5,
    retryDelay: 200,
  });
  try {
    return await within(TIMEOUT_MS, work(admin));
  } catch (error) {
    throw await explained(kafka, error, `asking ${kafka.address}`);
  } finally {
    await within(1_000, admin.close()).catch(() => {});
  }
}

/** A broker learns of a new topic a moment after the controller creates it, and of its leaders later still. */
async function hasLeaders(admin: Admin, topic: TopicSettings): Promise<void> {
  const deadline = Date.now() + LEADERS_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const metadata = await admin.metadata({ topics: [topic.name], forceUpdate: true }).catch(() => undefined);
    const partitions = metadata?.topics.get(topic.name)?.partitions ?? [];
    if (partitions.filter(({ leader }) => leader >= 0).length >= topic.partitions) return;
    await pause(POLL_MS);
  }
}

async function create(admin: Admin, topic: TopicSettings): Promise<boolean> {
  try {
    await admin.createTopics({
      topics: [topic.name],
      partitions: topic.partitions,
      replicas: topic.replicationFactor || BROKERS_DEFAULT,
      configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
    });
    return true;
  } catch (error) {
    // Another process was faster.
    if (hasProtocolError(error, 'TOPIC_ALREADY_EXISTS')) return false;
    throw error;
  }
}

const LATEST = -1n;
const READ_UNCOMMITTED = 0;

/**
 * The end of each partition of the topic, including open transactions. A reader of committed messages may see less.
 * @throws AppError `kafka_unavailable` (retryable), `topic_missing`.
 */
export function highWatermarks(kafka: KafkaClients, topic: string): Promise<Map<number, number>> {
  return withAdmin(kafka, async (admin) => {
    const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
    const count = metadata.topics.get(topic)?.partitionsCount ?? 0;
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp: LATEST }));
    const [listed] = await admin.listOffsets({
      topics: [{ name: topic, partitions }],
      isolationLevel: READ_UNCOMMITTED,
    });
    return new Map((listed?.partitions ?? []).map((one) => [one.partitionIndex, Number(one.offset)]));
  });
}
