import { DeadLetters } from '../../dead-letters/dead-letters.ts';
import type { RedriveDependencies } from '../../dead-letters/redrive.ts';
import { highWatermarks } from '../../kafka/admin/topics.ts';
import { PROMPT_MS, TopicReader } from '../../kafka/read/topic-reader.ts';
import { AtomicSender } from '../../kafka/send/atomic-sender.ts';
import type { Database } from '../../storage/postgresql/database.ts';
import { OffsetStore } from '../../storage/postgresql/offset-store.ts';
import { PostgresRedriveJournal } from '../../storage/postgresql/redrive-journal.ts';
import type { Config } from './config-schema.ts';
import { kafkaClients } from './environment.ts';

export interface DeadLetterClientsOptions {
  /** Most bytes one fetch brings of one partition. */
  readonly maxBytesPerPartition: number;
  /** Time another producer's transaction may keep the end of the topic hidden from recovery. */
  readonly maxHiddenMs: number;
  /** Time a broker may take to answer, ms; default 10,000. */
  readonly requestTimeoutMs?: number;
}

/** What reading and redriving dead letters stands on: Kafka for the letters, PostgreSQL for what was redriven. */
export function deadLetterClients(
  config: Config,
  database: Database,
  { maxBytesPerPartition, maxHiddenMs, requestTimeoutMs }: DeadLetterClientsOptions,
): RedriveDependencies {
  const { deadLetterTopic } = config.kafka;
  const kafka = kafkaClients(config);
  return {
    openTopic: (topic) => TopicReader.open(kafka, { topic, maxBytesPerPartition, requestTimeoutMs }),
    highWatermarks: (topic) => highWatermarks(kafka, topic),
    maxHiddenMs,
    journal: new PostgresRedriveJournal(database, { server: config.postgresql, deadLetterTopic }),
    openSender: () => AtomicSender.open(kafka, `test-service.redrive.${deadLetterTopic}`),
  };
}

const MAX_BUDGET_MS = 5_000;
const FETCH_BYTES = 262_144;

/** Dead letters as the REST API serves them: every call ends well within the time a request may take. */
export function deadLetterControl(config: Config, database: Database): DeadLetters {
  const budgetMs = Math.min(MAX_BUDGET_MS, config.server.requestTimeoutMs / 2);
  const limits = { maxBytesPerPartition: FETCH_BYTES, maxHiddenMs: budgetMs / 2, requestTimeoutMs: PROMPT_MS };
  const { topic, deadLetterTopic, group } = config.kafka;
  const offsets = new OffsetStore(database);
  return new DeadLetters({
    ...deadLetterClients(config, database, limits),
    topic,
    deadLetterTopic,
    progress: async () => {
      const latest = await offsets.latest(group, topic);
      return new Map([...latest].map(([partition, { next }]) => [partition, next]));
    },
    decoding: { maxBytes: config.consumer.maxOrderBytes, now: Date.now },
    budgetMs,
  });
}
