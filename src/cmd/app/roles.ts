import { randomSeed } from '../../contract/generator.ts';
import type { MessageSender } from '../../kafka/send/message-sender.ts';
import type { DispatcherOptions } from '../../kafka/send/produce-dispatcher.ts';
import { createMessageSender } from '../../kafka/send/sender.ts';
import { GeneratorControl } from '../../producer/generator-control.ts';
import { LifePlan, readLifeTable } from '../../producer/life-table.ts';
import { STEADY } from '../../producer/schedule.ts';
import { parseStages } from '../../producer/stages.ts';
import { Invalidator } from '../../storage/invalidator.ts';
import { Database } from '../../storage/postgresql/database.ts';
import { PostgresIdentity } from '../../storage/postgresql/database-identity.ts';
import { PendingInvalidations } from '../../storage/postgresql/pending-invalidations.ts';
import { CacheInspector } from '../../storage/redis/cache-inspector.ts';
import { RedisConnection } from '../../storage/redis/client.ts';
import { OrderCache } from '../../storage/redis/order-cache.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Config } from './config-schema.ts';
import { kafkaClients } from './environment.ts';
import { type Resources, workTimeMs } from './shutdown.ts';
import type { Traced } from './traced.ts';

const ORDER_SEND_TIMEOUT_MS = 120_000;
const INTAKE_SEND_TIMEOUT_MS = 3_000;
const DEAD_LETTER_SEND_TIMEOUT_MS = 20_000;
const CLIENT_CLOSE_TIMEOUT_MS = 500;

/** The clients that roles of one process share, opened when the first role asks for them. */
export class Clients {
  readonly #config: Config;
  readonly #resources: Resources;
  readonly #logger: Logger;
  /** Undefined without tracing. */
  readonly traced: Traced | undefined;
  #database: Database | undefined;
  #consumerDatabase: Database | undefined;
  #orderSender: MessageSender | undefined;
  #intakeSender: MessageSender | undefined;
  #deadLetterSender: MessageSender | undefined;
  #cache: OrderCache | undefined;
  #lookupCache: ReturnType<Traced['cache']> | undefined;
  #cacheInspector: CacheInspector | undefined;
  #invalidator: Invalidator | undefined;

  constructor(config: Config, resources: Resources, logger: Logger, traced?: Traced) {
    this.#config = config;
    this.#resources = resources;
    this.#logger = logger;
    this.traced = traced;
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

  /** How busy the sessions are; by pool. */
  get pools(): Readonly<Record<string, Database['load']>> {
    const [consumer, shared] = [this.#consumerDatabase?.load, this.#database?.load];
    return { ...(consumer && { consumer }), ...(shared && { shared }) };
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
    this.#orderSender ??= this.#createSender(ORDER_SEND_TIMEOUT_MS, this.#config.producer);
    return this.#orderSender;
  }

  /** For orders that somebody waits to hear of: what is not acknowledged soon is given up. */
  get intakeSender(): MessageSender {
    this.#intakeSender ??= this.#createSender(INTAKE_SEND_TIMEOUT_MS, this.#config.producer);
    return this.#intakeSender;
  }

  /** For dead letters: a transaction waits for them, holding a connection and locks. A header also has their time. */
  get deadLetterSender(): MessageSender {
    this.#deadLetterSender ??= this.#createSender(DEAD_LETTER_SEND_TIMEOUT_MS, { timeOptional: true });
    return this.#deadLetterSender;
  }

  #createSender(sendTimeoutMs: number, { compression, timeOptional }: DispatcherOptions): MessageSender {
    const sender = createMessageSender(kafkaClients(this.#config), {
      clientId: 'test-service',
      logger: this.#logger.child({ client: 'kafka' }),
      sendTimeoutMs,
      ...(compression && { compression }),
      ...(timeOptional && { timeOptional }),
      // Whoever sends has been closed before, and waited for what was on its way.
      closeTimeoutMs: CLIENT_CLOSE_TIMEOUT_MS,
    });
    this.#resources.defer('connections', 'kafka sender', () => sender.close());
    return this.traced?.sender(sender) ?? sender;
  }

  /** Undefined when the configuration says to do without. */
  get cache(): OrderCache | undefined {
    const { cache, redis } = this.#config;
    if (this.#cache === undefined && cache.enabled) {
      const logger = this.#logger.child({ client: 'redis' });
      const connection = new RedisConnection({ ...redis, commandTimeoutMs: cache.timeoutMs }, logger);
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

  /** The same, as lookups and invalidations use it. */
  get lookupCache(): ReturnType<Traced['cache']> | undefined {
    const { cache } = this;
    this.#lookupCache ??= cache && (this.traced?.cache(cache) ?? cache);
    return this.#lookupCache;
  }

  /** Undefined without a cache. */
  get cacheInspector(): CacheInspector | undefined {
    return this.cache && this.#cacheInspector;
  }

  /** Tells the cache of changed orders; undefined without a cache. */
  get invalidator(): Invalidator | undefined {
    const { lookupCache: cache, database } = this;
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

/** The configured generator, not started. Orders are dated now, and new at each start unless a seed is set. */
export function openGenerator(config: Config, clients: Clients, logger: Logger): GeneratorControl {
  const { kafka, producer: settings } = config;
  const seed = settings.seed === 'auto' ? randomSeed() : settings.seed;
  return new GeneratorControl({
    sender: clients.orderSender,
    promptSender: clients.intakeSender,
    topic: kafka.topic,
    settings: {
      seed,
      rate: settings.rate,
      profile: settings.stages.length === 0 ? STEADY : { kind: 'stages', stages: parseStages(settings.stages) },
      count: null,
      faults: new Map(),
      life: settings.life,
      timeScale: settings.timeScale,
    },
    lives: new LifePlan(readLifeTable(settings.lifeTable)),
    logger: logger.child({ role: 'producer' }),
    closeTimeoutMs: workTimeMs(config.shutdownTimeoutMs),
  });
}
