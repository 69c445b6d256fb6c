import type { OrderConsumer } from '../../consumer/consumer.ts';
import type { KafkaProbe } from '../../kafka/admin/kafka-probe.ts';
import type { Ailment, Probe } from '../../server/api/service/readiness.ts';
import type { Database } from '../../storage/postgresql/database.ts';
import { writeObstacle } from '../../storage/postgresql/write-obstacle.ts';
import type { RedisOrderCache } from '../../storage/redis/order-cache.ts';

/** Storing that has waited this long does not recover by itself, as it does after a lock. */
const STUCK_MS = 3_000;

export interface ProbedParts {
  readonly database: Database;
  readonly kafka: KafkaProbe;
  /** Undefined without a cache. */
  readonly cache: RedisOrderCache | undefined;
  /** Undefined in a process that stores nothing. */
  readonly consumer: OrderConsumer | undefined;
}

/** For each engine, the smallest real operation that this process needs. */
export function engineProbes({ database, kafka, cache, consumer }: ProbedParts): Probe[] {
  return [
    { name: 'postgresql', required: true, check: () => askPostgresql(database, consumer) },
    { name: 'kafka', required: false, check: async () => void (await kafka.check()) },
    ...(cache === undefined
      ? []
      : [{ name: 'redis', required: false, check: async () => void (await cache.ping()) } as const]),
  ];
}

async function askPostgresql(
  database: Database,
  consumer: OrderConsumer | undefined,
): Promise<Ailment | undefined> {
  const bearable = consumer === undefined;
  const obstacle = await writeObstacle(database);
  if (obstacle !== undefined) return { trouble: 'read_only', reason: obstacle, bearable };
  const stuck = consumer?.status().stuck;
  return stuck?.engine === 'postgresql' && stuck.forMs > STUCK_MS
    ? { trouble: 'storing_waits', reason: 'orders wait to be stored: it does not take them', bearable }
    : undefined;
}
