import { join, resolve } from 'node:path';
import type { EngineName } from '../../contract/engine.ts';
import { type EnginesHandle, ensureEngines } from '../../engines/engines.ts';
import type { EngineSettings, ProgressListener } from '../../engines/types.ts';
import { probeBroker } from '../../kafka/admin/broker-probe.ts';
import { ensureTopics, settleTopics, type TopicSettings } from '../../kafka/admin/topics.ts';
import { KafkaClients } from '../../kafka/clients.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { Backoff, pause } from '../../lib/backoff.ts';
import { unlessAborted } from '../../lib/deadline.ts';
import { ROOT } from '../../lib/own-process.ts';
import { type MigrateOptions, migrateUp, requireSchema } from '../../storage/postgresql/migrate.ts';
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
  /** Where no local ones may be started, Kafka and Redis need not answer: the topics are created once Kafka does. */
  readonly withoutKafka?: boolean;
  /** What it stands on; all three by default. Without PostgreSQL, there is only the topic of the orders. */
  readonly needs?: readonly EngineName[];
}

/**
 * Everything the roles stand on: engines that answer, the schema, the topics. What it starts is closed with
 * `resources`.
 * @throws AppError that says what is missing and what to do.
 */
export async function prepareEnvironment(config: Config, options: EnvironmentOptions): Promise<EnginesHandle> {
  const { resources, logger, needs, onProgress, signal, withoutKafka = false } = options;
  const engines = await ensureEngines(engineSettings(config), {
    logger,
    owner: 'run',
    signal,
    goWithout: withoutKafka ? ['kafka', 'redis'] : [],
    ...(needs && { needs }),
    ...(onProgress && { onProgress }),
  });
  resources.defer('engines', 'engines', (leftMs) => engines.close(leftMs - FORCED_STOP_MS));
  const stores = needs?.includes('postgresql') !== false;
  const kafkaIsAway = engines.statuses.some(({ engine, state }) => engine === 'kafka' && state === 'absent');
  await unlessAborted(
    signal,
    Promise.all([
      stores && prepareSchema(config, logger),
      kafkaIsAway ? createTopicsLater(config, options) : createTopics(config, logger, stores),
    ]),
  );
  return engines;
}

async function prepareSchema(config: Config, logger: Logger): Promise<void> {
  const options = migrateOptions(config);
  if (config.postgresql.migrations === 'check') return requireSchema(options);
  const onWait = (): void => logger.info({}, 'waiting for another process that migrates');
  const migrations = await migrateUp({ ...options, onWait });
  if (migrations.length > 0) logger.info({ migrations }, 'schema migrated');
}

/** @param all also the dead-letter topic, which who only sends orders has no need and no right to see */
async function createTopics(config: Config, logger: Logger, all = true): Promise<void> {
  const topics = await ensureTopics(kafkaClients(config), topicsOf(config).slice(0, all ? 2 : 1));
  if (topics.length > 0) logger.info({ topics }, 'topics created');
  if (all) await settle(config, logger);
}

/** Creates them once Kafka answers; returns at once. */
function createTopicsLater(config: Config, { logger, signal }: EnvironmentOptions): void {
  void (async () => {
    const backoff = new Backoff(TOPIC_RETRY);
    let told = '';
    while (!signal.aborted) {
      try {
        return await createTopics(config, logger);
      } catch (error) {
        const reason = messageOf(error);
        const refused = error instanceof AppError && error.code === 'kafka_refuses' && reason !== told;
        logger[refused ? 'warn' : 'debug']({ reason }, 'the topics are still to be created');
        if (refused) told = reason;
        await pause(backoff.next(), signal);
      }
    }
  })();
}

/** A dead-letter topic that others created may lose letters, or refuse long ones. */
async function settle(config: Config, logger: Logger): Promise<void> {
  const { kafka } = config;
  try {
    const settings = await settleTopics(kafkaClients(config), [deadLetterTopicOf(kafka)]);
    if (settings.length > 0) logger.info({ settings }, 'topic settings set');
  } catch (error) {
    const reason = messageOf(error);
    logger.warn({ topic: kafka.deadLetterTopic, reason }, 'settings of the topic are unavailable');
  }
}

const clientsOf = new WeakMap<Config['kafka'], KafkaClients>();

/** The clients of the process: there is one set of them, so that they share what they log in with. */
export function kafkaClients({ kafka }: Config): KafkaClients {
  const known = clientsOf.get(kafka) ?? new KafkaClients(kafka);
  clientsOf.set(kafka, known);
  return known;
}

export function engineSettings(config: Config): EngineSettings {
  const { postgresql } = config;
  return {
    mode: config.engines,
    dataDir: resolve(config.dataDir),
    postgresqlUrl: postgresql.url,
    postgresqlSecured: `${postgresql.passwordFile}${postgresql.tls.ca}${postgresql.tls.certificate}` !== '',
    brokers: config.kafka.brokers,
    redisUrl: config.redis.url,
    redisPasswordInFile: config.redis.passwordFile !== '',
    ...(isSecured(config.kafka) && {
      probeSecuredKafka: (address) => probeBroker(kafkaClients(config), address),
    }),
  };
}

function isSecured({ tls, sasl }: Config['kafka']): boolean {
  return tls.enabled || sasl.mechanism !== 'none';
}

export function migrateOptions(config: Config): MigrateOptions {
  return {
    ...config.postgresql,
    folder: join(ROOT, 'migrations'),
    expires: config.retention.days > 0,
  };
}

/** The topics this service creates when they are missing. */
export function topicsOf(config: Config): TopicSettings[] {
  const { topic, partitions, replicationFactor, minInsyncReplicas: least } = config.kafka;
  const safety = least === 0 ? {} : { 'min.insync.replicas': String(least) };
  const deadLetters = deadLetterTopicOf(config.kafka);
  return [
    { name: topic, partitions, replicationFactor, configs: safety },
    { ...deadLetters, configs: { ...deadLetters.configs, ...safety } },
  ];
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
