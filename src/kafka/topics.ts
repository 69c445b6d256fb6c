import { Admin } from '@platformatic/kafka';
import { within } from '../lib/deadline.ts';
import { hasProtocolError, toKafkaError } from './kafka-error.ts';

export interface TopicSettings {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Topic-level settings, such as `max.message.bytes`. */
  readonly configs?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 15_000;

/**
 * Creates the topics that do not exist and leaves the others as they are. Safe when several processes do it at once.
 * @returns the names of those it created.
 * @throws AppError `kafka_unavailable`.
 */
export async function ensureTopics(
  brokers: readonly string[],
  topics: readonly TopicSettings[],
): Promise<string[]> {
  return withAdmin(brokers, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const created: string[] = [];
    for (const topic of topics) {
      if (existing.has(topic.name)) continue;
      if (await create(admin, topic)) created.push(topic.name);
    }
    return created;
  });
}

/** The names of all topics but Kafka's own. @throws AppError `kafka_unavailable`. */
export function listTopics(brokers: readonly string[]): Promise<string[]> {
  return withAdmin(brokers, (admin) => admin.listTopics());
}

/** Runs `work` with an admin client that is closed afterwards; its errors become AppErrors. */
export async function withAdmin<T>(
  brokers: readonly string[],
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Admin({
    clientId: 'test-service-admin',
    bootstrapBrokers: [...brokers],
    connectTimeout: 3_000,
    requestTimeout: 10_000,
    retries: 5,
    retryDelay: 200,
  });
  try {
    return await within(TIMEOUT_MS, work(admin));
  } catch (error) {
    throw toKafkaError(error, `asking ${brokers.join(', ')}`);
  } finally {
    await within(1_000, admin.close()).catch(() => {});
  }
}

async function create(admin: Admin, topic: TopicSettings): Promise<boolean> {
  try {
    await admin.createTopics({
      topics: [topic.name],
      partitions: topic.partitions,
      replicas: topic.replicationFactor,
      configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
    });
    return true;
  } catch (error) {
    // Another process was faster.
    if (hasProtocolError(error, 'TOPIC_ALREADY_EXISTS')) return false;
    throw error;
  }
}
