import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EnginesHandle, ensureEngines } from '../../engines/engines.ts';
import type { EngineSettings, ProgressListener } from '../../engines/types.ts';
import { ensureTopics, settleTopics, type TopicSettings } from '../../kafka/admin/topics.ts';
import { KafkaClients } from '../../kafka/clients.ts';
import { messageOf } from '../../lib/app-error.ts';
import { Backoff, pause } from '../../lib/backoff.ts';
import { unlessAborted } from '../../lib/deadline.ts';
import { type MigrateOptions, migrateUp } from '../../storage/postgresql/migrate.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Config } from './config-schema.ts';
import type { Resources } from './shutdown.ts';

/** A dead letter holds the oversized message plus headers: more than the local broker accepts of any other message. */
const DEAD_LETTER_MAX_BYTES = String(12 * 1024 * 1024);

const TOPIC_RETRY = { minMs: 200, maxMs: 5_000 };
/** Time an engine takes that is forced to stop. */
const FORCED_STOP_MS = 500;

export interface EnvironmentOptions {
  readonly resources: Resources;
  readonly logger: Logger;
  readonly onProgress?: ProgressListener;
  readonly signal: AbortSignal;
  /** With local engines off, Kafka need not answer: the topics are created once it does. */
  readonly withoutKafka?: boolean;
}

/**
 * Everything the roles stand on: engines that answer, the schema, the topics. What it starts is closed with
 * `resources`.
 * @throws AppError that says what is missing and what to do.
 */
export async function prepareEnvironment(config: Config, options: EnvironmentOptions): Promise<EnginesHandle> {
  const { resources, logger, onProgress, signal, withoutKafka = false } = options;
  const engines = await ensureEngines(engineSettings(config), {
    logger,
    owner: 'run',
    signal,
    goWithout: withoutKafka ? ['kafka'] : [],
    ...(onProgress && { onProgress }),
  });
  resources.defer('engines', 'engines', (leftMs) => engines.close(leftMs - FORCED_STOP_MS));
  const kafkaIsAway = engines.statuses.some(({ engine, state }) => engine === 'kafka' && state === 'absent');
  const [migrations] = await unlessAborted(
    signal,
    Promise.all([
      migrateUp(migrateOptions(config)),
      kafkaIsAway ? createTopicsLater(config, options) : createTopics(config, logger),
    ]),
  );
  if (migrations.length > 0) logger.info({ migrations }, 'schema migrated');
  return engines;
}

async function createTopics(config: Config, logger: Logger): Promise<void> {
  const topics = await ensureTopics(new KafkaClients(config.kafka), topicsOf(config));
  if (topics.length > 0) logger.info({ topics }, 'topics created');
  await settle(config, logger);
}

/** Creates them once Kafka answers; returns at once. */
function createTopicsLater(config: Config, { logger, signal }: EnvironmentOptions): void {
  void (async () => {
    const backoff = new Backoff(TOPIC_RETRY);
    while (!signal.aborted) {
      try {
        return await createTopics(config, logger);
      } catch (error) {
        logger.debug({ error: messageOf(error) }, 'the topics are still to be created');
        await pause(backoff.next(), signal);
      }
    }
  })();
}

/** A dead-letter topic that others created may lose letters, or refuse long ones. */
async function settle({ kafka }: Config, logger: Logger): Promise<void> {
  try {
    const settings = await settleTopics(new KafkaClients(kafka), [deadLetterTopicOf(kafka)]);
    if (settings.length > 0) logger.info({ settings }, 'topic settings set');
  } catch (error) {
    const reason = messageOf(error);
    logger.warn({ topic: kafka.deadLetterTopic, reason }, 'settings of the topic are unavailable');
  }
}

export function engineSettings(config: Config): EngineSettings {
  return {
    mode: config.engines,
    dataDir: resolve(config.dataDir),
    postgresqlUrl: config.postgresql.url,
    brokers: config.kafka.brokers,
    redisUrl: config.redis.url,
  };
}

export function migrateOptions(config: Config): MigrateOptions {
  return {
    url: config.postgresql.url,
    folder: fileURLToPath(new URL('../../../migrations', import.meta.url)),
    connectTimeoutMs: config.postgresql.connectTimeoutMs,
  };
}

/** The topics this service creates when they are missing. */
export function topicsOf(config: Config): TopicSettings[] {
  const { topic, partitions, replicationFactor } = config.kafka;
  return [{ name: topic, partitions, replicationFactor }, deadLetterTopicOf(config.kafka)];
}

function deadLetterTopicOf({ deadLetterTopic, partitions, replicationFactor }: Config['kafka']): TopicSettings {
  return {
    name: deadLetterTopic,
    partitions,
    replicationFactor,
    // Dead letters are kept until someone has looked at them.
    configs: { 'max.message.bytes': DEAD_LETTER_MAX_BYTES, 'retention.ms': '-1' },
  };
}
