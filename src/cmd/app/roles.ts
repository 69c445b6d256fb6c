import { OrderConsumer } from '../../consumer/consumer.ts';
import { sendDeadLetters } from '../../consumer/dead-letter.ts';
import { randomSeed } from '../../contract/generator.ts';
import { KafkaProbe } from '../../kafka/admin/kept-admin.ts';
import { KafkaClients } from '../../kafka/clients.ts';
import { KafkaOrderLog } from '../../kafka/read/kafka-order-log.ts';
import type { MessageSender } from '../../kafka/send/message-sender.ts';
import { createMessageSender } from '../../kafka/send/sender.ts';
import { GeneratorControl } from '../../producer/generator-control.ts';
import { STEADY } from '../../producer/schedule.ts';
import { apiEndpoints } from '../../server/api/api.ts';
import { PolledArrivals } from '../../server/api/orders/order-arrivals.ts';
import { createOrderIntake } from '../../server/api/orders/order-intake.ts';
import { createReadiness } from '../../server/api/service/readiness.ts';
import { createApp } from '../../server/app.ts';
import { forwardTo, listenOnSocket, type RunningServer, startServer } from '../../server/http/server.ts';
import { buildWebClient } from '../../server/web/web.ts';
import { Invalidator } from '../../storage/invalidator.ts';
import { OrderReader } from '../../storage/order-reader.ts';
import { Database } from '../../storage/postgresql/database.ts';
import { PostgresIdentity } from '../../storage/postgresql/database-identity.ts';
import { OffsetStore } from '../../storage/postgresql/offset-store.ts';
import { PostgresOrderListing } from '../../storage/postgresql/order-listing.ts';
import { OrderStore } from '../../storage/postgresql/order-store.ts';
import { PostgresOrderTrails } from '../../storage/postgresql/order-trail.ts';
import { OrderWriter } from '../../storage/postgresql/order-writer.ts';
import { PendingInvalidations } from '../../storage/postgresql/pending-invalidations.ts';
import { CacheInspector } from '../../storage/redis/cache-inspector.ts';
import { RedisConnection } from '../../storage/redis/client.ts';
import { OrderCache } from '../../storage/redis/order-cache.ts';
import type { ConsumerMeter } from '../../telemetry/consumer-meter.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Config } from './config-schema.ts';
import { deadLetterControl } from './dead-letter-clients.ts';
import { engineProbes, openOperations, type ProcessParts } from './operations.ts';
import { serverToken } from './server-token.ts';
import { type Resources, workTimeMs } from './shutdown.ts';

/** Most bytes one fetch brings of one partition: what Kafka's own consumer takes. */
const FETCH_BYTES_PER_PARTITION = 1_048_576;
const ORDER_SEND_TIMEOUT_MS = 120_000;
const INTAKE_SEND_TIMEOUT_MS = 3_000;
const DEAD_LETTER_SEND_TIMEOUT_MS = 20_000;
/** Of the time a request may take: how much of it may be waiting for an order to be stored. */
const WAIT_SHARE = 0.9;
const CLIENT_CLOSE_TIMEOUT_MS = 500;

/** The clients that roles of one process share, opened when the first role asks for them. */
export class Clients {
  readonly #config: Config;
  readonly #resources: Resources;
  readonly #logger: Logger;
  #database: Database | undefined;
  #consumerDatabase: Database | undefined;
  #orderSender: MessageSender | undefined;
  #intakeSender: MessageSender | undefined;
  #deadLetterSender: MessageSender | undefined;
  #cache: OrderCache | undefined;
  #cacheInspector: CacheInspector | undefined;
  #invalidator: Invalidator | undefined;

  constructor(config: Config, resources: Resources, logger: Logger) {
    this.#config = config;
    this.#resources = resources;
    this.#logger = logger;
  }

  get database(): Database {
    const reserved = this.#consumerDatabase === undefined ? 0 : this.#reserved;
    this.#database ??= this.#openDatabase(this.#config.postgresql.maxConnections - reserved, false);
    return this.#database;
  }

  /** The consumer's own sessions. They stay open, so many clients can't keep it from storing. Ask for them first. */
  get consumerDatabase(): Database {
    this.#consumerDatabase ??= this.#openDatabase(this.#reserved, true);
    return this.#consumerDatabase;
  }

  /** One for each concurrent transaction, and one to look at offsets meanwhile; at least one remains for the others. */
  get #reserved(): number {
    const { consumer, postgresql } = this.#config;
    return Math.min(consumer.transactionsInFlight + 1, postgresql.maxConnections - 1);
  }

  #openDatabase(maxConnections: number, keepOpen: boolean): Database {
    const options = { ...this.#config.postgresql, maxConnections, keepOpen, applicationName: 'test-service' };
    const database = new Database(options);
    this.#resources.defer('connections', 'database', () => database.close());
    return database;
  }

  /** For orders: patient, because what is repeated past its deadline is a new message to the broker. */
  get orderSender(): MessageSender {
    this.#orderSender ??= this.#createSender(ORDER_SEND_TIMEOUT_MS);
    return this.#orderSender;
  }

  /** For orders that somebody waits to hear of: what is not acknowledged soon is given up. */
  get intakeSender(): MessageSender {
    this.#intakeSender ??= this.#createSender(INTAKE_SEND_TIMEOUT_MS);
    return this.#intakeSender;
  }

  /** For dead letters: a transaction waits for them, holding a connection and locks. A header also has their time. */
  get deadLetterSender(): MessageSender {
    this.#deadLetterSender ??= this.#createSender(DEAD_LETTER_SEND_TIMEOUT_MS, true);
    return this.#deadLetterSender;
  }

  #createSender(sendTimeoutMs: number, timeOptional = false): MessageSender {
    const sender = createMessageSender(new KafkaClients(this.#config.kafka), {
      clientId: 'test-service',
      logger: this.#logger.child({ client: 'kafka' }),
      sendTimeoutMs,
      timeOptional,
      // Whoever sends has been closed before, and waited for what was on its way.
      closeTimeoutMs: CLIENT_CLOSE_TIMEOUT_MS,
    });
    this.#resources.defer('connections', 'kafka sender', () => sender.close());
    return sender;
  }

  /** Undefined when the configuration says to do without. */
  get cache(): OrderCache | undefined {
    const { cache, redis } = this.#config;
    if (this.#cache === undefined && cache.enabled) {
      const logger = this.#logger.child({ client: 'redis' });
      const { connectTimeoutMs } = redis;
      const limits = { connectTimeoutMs, commandTimeoutMs: cache.timeoutMs };
      const connection = new RedisConnection({ urls: redis.url.split(','), ...limits }, logger);
      const database = new PostgresIdentity(this.database);
      const options = { ...cache, database };
      const orders = new OrderCache(connection, options, logger);
      orders.start();
      this.#resources.defer('connections', 'cache', () => orders.close());
      this.#cache = orders;
      this.#cacheInspector = new CacheInspector(connection, orders, cache.keyPrefix);
    }
    return this.#cache;
  }

  /** Undefined without a cache. */
  get cacheInspector(): CacheInspector | undefined {
    return this.cache && this.#cacheInspector;
  }

  /** Tells the cache of changed orders; undefined without a cache. */
  get invalidator(): Invalidator | undefined {
    const { cache, database } = this;
    if (this.#invalidator === undefined && cache !== undefined) {
      const cacheLifeMs = this.#config.cache.ttlSeconds * 1000 + CACHE_LIFE_MARGIN_MS;
      const notes = new PendingInvalidations(database);
      const invalidator = new Invalidator(cache, notes, { cacheLifeMs }, this.#logger.child({ client: 'cache' }));
      this.#resources.defer('tell', 'invalidations', () => invalidator.close());
      this.#invalidator = invalidator;
    }
    return this.#invalidator;
  }
}

/** Longest a lease and a clock's difference let a cached order outlive its TTL, counted from the change. */
const CACHE_LIFE_MARGIN_MS = 60_000;

/** Starts reading orders from Kafka into PostgreSQL. */
export function startConsumer(
  config: Config,
  clients: Clients,
  resources: Resources,
  logger: Logger,
  meter: ConsumerMeter,
): OrderConsumer {
  const { kafka, consumer: settings } = config;
  const { cache, consumerDatabase: database, deadLetterSender, invalidator } = clients;
  const roleLogger = logger.child({ role: 'consumer' });
  const consumer = new OrderConsumer(
    { ...settings, group: kafka.group, topic: kafka.topic, closeMs: workTimeMs(config.shutdownTimeoutMs) },
    {
      openLog: () =>
        new KafkaOrderLog(new KafkaClients(kafka), {
          ...kafka,
          clientId: 'test-service-consumer',
          sessionTimeoutMs: settings.sessionTimeoutMs,
          maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
        }),
      offsets: new OffsetStore(database),
      sink: new OrderWriter(database, {
        group: kafka.group,
        topic: kafka.topic,
        transactionTimeoutMs: config.postgresql.statementTimeoutMs,
        noteChanges: cache !== undefined,
      }),
      sendDeadLetters: (letters) => sendDeadLetters(deadLetterSender, kafka.deadLetterTopic, letters, roleLogger),
      onStored: (batch) => meter.add(batch),
      onChanged: (uids, note) => void invalidator?.changed(uids, note),
      logger: roleLogger,
    },
  );
  void invalidator?.start();
  void database.open();
  consumer.start();
  resources.defer('work', 'consumer', () => consumer.close());
  return consumer;
}

/** Starts the REST API and the web console. */
export async function startRestServer(
  config: Config,
  clients: Clients,
  resources: Resources,
  logger: Logger,
  parts: ProcessParts,
): Promise<RunningServer> {
  const roleLogger = logger.child({ role: 'server' });
  const { beside, counters } = parts;
  const { cache, database, intakeSender } = clients;
  const store = new OrderStore(database);
  const offsets = new OffsetStore(database);
  // Before the first lookup: what a killed process has left may be cached.
  await clients.invalidator?.start();
  const kafkaProbe = new KafkaProbe(new KafkaClients(config.kafka), config.kafka.topic);
  resources.defer('connections', 'kafka probe', () => kafkaProbe.close());
  const probes = engineProbes({ database, kafka: kafkaProbe, cache, consumer: parts.consumer?.role });
  const readiness = createReadiness(probes, roleLogger);
  const operations = openOperations(config, {
    ...parts,
    database,
    cache: clients.cacheInspector,
    readiness,
    resources,
    logger: roleLogger,
  });
  const endpoints = apiEndpoints({
    maxOrderBytes: config.consumer.maxOrderBytes,
    lookup: counters.countLookups(new OrderReader({ store, cache })),
    listing: new PostgresOrderListing(database),
    trails: new PostgresOrderTrails(database),
    logger: roleLogger,
    intake: createOrderIntake(intakeSender, config.kafka.topic),
    arrivals: new PolledArrivals(
      {
        progress: () => offsets.latest(config.kafka.group, config.kafka.topic),
        findMany: (uids) => store.findMany(uids),
        forget: async (uids) => await cache?.invalidate(uids, 'awaited'),
        logger: roleLogger,
      },
      { maxWaitMs: config.server.requestTimeoutMs * WAIT_SHARE },
    ),
    deadLetters: deadLetterControl(config, database),
    readiness,
    operations,
  });
  const app = createApp({
    ...config.server,
    token: serverToken(config.server),
    endpoints,
    web: await buildWebClient(beside && { file: beside.webBundle, first: beside.first }),
    logger: roleLogger,
    ...(beside?.first === false && { forward: forwardTo(beside.socket) }),
  });
  const counted = counters.countResponses(app);
  if (beside?.first === true) {
    // Not counted: the process that passes them on does.
    const socket = listenOnSocket(app, beside.socket);
    resources.defer('tell', 'socket server', () => socket.close());
  }
  const shared = beside === undefined ? 'alone' : beside.first ? 'first' : 'beside';
  const server = startServer(counted, { ...config.server, shared }, roleLogger);
  resources.defer('work', 'server', () => server.close(workTimeMs(config.shutdownTimeoutMs)));
  // The server waits for them.
  resources.defer('work', 'event streams', () => operations.streams.close());
  return server;
}

/** The configured generator, not started. Orders are dated now, and new at each start unless a seed is set. */
export function openGenerator(config: Config, clients: Clients, logger: Logger): GeneratorControl {
  const { kafka, producer: settings } = config;
  const seed = settings.seed === 'auto' ? randomSeed() : settings.seed;
  return new GeneratorControl({
    sender: clients.orderSender,
    topic: kafka.topic,
    settings: { seed, rate: settings.rate, profile: STEADY, count: null, faults: new Map() },
    logger: logger.child({ role: 'producer' }),
    closeTimeoutMs: workTimeMs(config.shutdownTimeoutMs),
  });
}
