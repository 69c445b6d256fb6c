import { randomBytes } from 'node:crypto';
import { SQL } from 'bun';
import { ensureTopics, highWatermarks, withAdmin } from '../../src/kafka/admin/topics.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import type { LogRange, LogRecord } from '../../src/kafka/read/order-log.ts';
import { TopicReader } from '../../src/kafka/read/topic-reader.ts';
import type { MessageSender, OutgoingMessage, SentPosition } from '../../src/kafka/send/message-sender.ts';
import { createMessageSender } from '../../src/kafka/send/sender.ts';
import type { Order } from '../../src/order/order.ts';
import { Database } from '../../src/storage/postgresql/database.ts';
import { OrderStore } from '../../src/storage/postgresql/order-store.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import {
  type ComposedConsumer,
  type ConsumerHooks,
  type ConsumerPlace,
  type ConsumerTuning,
  startComposed,
} from './compose-consumer.ts';
import { createMigratedDatabase, type TestDatabase } from './database.ts';
import { testEngines } from './engines.ts';
import { orderOf, type StoredOrder } from './stored-order.ts';
import { until } from './until.ts';

export interface WritePathOptions {
  readonly partitions?: number;
  readonly brokers?: readonly string[];
  /** Topic-level settings of the orders topic. */
  readonly configs?: Readonly<Record<string, string>>;
  /** Of the dead-letter topic. */
  readonly deadLetterConfigs?: Readonly<Record<string, string>>;
}

/** A dead letter as it is in its topic. */
export interface ReadDeadLetter {
  readonly reason: string;
  readonly detail: string;
  /** Where the message stood: `partition/offset`. */
  readonly source: string;
  readonly key: string | undefined;
  readonly value: Buffer | null;
  readonly headers: ReadonlyMap<string, string>;
}

/** A topic, a dead-letter topic, a group and a database of one test's own, and what can be done with them. */
export class WritePath {
  readonly place: ConsumerPlace;
  readonly kafka: KafkaClients;
  readonly partitions: number;
  /** A session of the test's own on its database. */
  readonly sql: SQL;
  readonly sender: MessageSender;
  readonly #options: WritePathOptions;
  readonly #testDatabase: TestDatabase;
  readonly #database: Database;
  readonly #consumers: ComposedConsumer[] = [];

  private constructor(place: ConsumerPlace, options: WritePathOptions, database: TestDatabase) {
    this.place = place;
    this.kafka = new KafkaClients(place);
    this.partitions = options.partitions ?? 3;
    this.#options = options;
    this.#testDatabase = database;
    this.sql = new SQL(database.url, { max: 1 });
    this.sender = createMessageSender(this.kafka, { clientId: 'test', logger: silentLogger });
    const limits = { maxConnections: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 };
    this.#database = new Database({ ...limits, url: database.url, applicationName: 'test' });
  }

  static async open(options: WritePathOptions = {}): Promise<WritePath> {
    const name = `test-${randomBytes(6).toString('hex')}`;
    const database = await createMigratedDatabase();
    const place: ConsumerPlace = {
      brokers: options.brokers ?? testEngines().brokers,
      topic: name,
      deadLetterTopic: `${name}.dead-letters`,
      group: name,
      databaseUrl: database.url,
    };
    const path = new WritePath(place, options, database);
    await path.createTopics();
    return path;
  }

  async createTopics(): Promise<void> {
    const { topic, deadLetterTopic } = this.place;
    const { partitions } = this;
    await ensureTopics(this.kafka, [
      { name: topic, partitions, replicationFactor: 1, configs: this.#options.configs ?? {} },
      {
        name: deadLetterTopic,
        partitions: 1,
        replicationFactor: 1,
        configs: { 'max.message.bytes': '8388608', ...this.#options.deadLetterConfigs },
      },
    ]);
  }

  /** Starts a consumer; it is stopped by `close` at the latest. */
  start(tuning: ConsumerTuning = {}, hooks: ConsumerHooks = {}, place: Partial<ConsumerPlace> = {}): ComposedConsumer {
    const consumer = startComposed({ ...this.place, ...place }, tuning, hooks);
    this.#consumers.push(consumer);
    return consumer;
  }

  /** Sends with acks=all. */
  send(messages: readonly OutgoingMessage[]): Promise<readonly SentPosition[]> {
    return this.sender.send(this.place.topic, messages);
  }

  /** Resolves when the database is at the end of every partition that has messages. */
  async drained(timeoutMs = 40_000): Promise<void> {
    const reader = await TopicReader.open(this.kafka, this.place);
    try {
      const ends = await this.#settledEnds(reader);
      let seen = '';
      await until(
        async () => {
          const offsets = await this.offsets(reader.topicId);
          seen = JSON.stringify([...offsets]);
          return [...ends].every(([partition, { end }]) => end === 0 || (offsets.get(partition) ?? -1) >= end);
        },
        timeoutMs,
        50,
      ).catch((cause: unknown) => {
        const wanted = JSON.stringify([...ends].map(([partition, { end }]) => [partition, end]));
        throw new Error(`not drained: stored ${seen}, the ends are ${wanted}`, { cause });
      });
    } finally {
      await reader.close();
    }
  }

  /** The ends, once the markers of ended transactions are there: they are written after the producer's answer. */
  async #settledEnds(reader: TopicReader): Promise<Map<number, LogRange>> {
    let ends = new Map<number, LogRange>();
    await until(async () => {
      const written = await highWatermarks(this.kafka, this.place.topic);
      ends = await reader.ranges();
      return [...ends].every(([partition, { end }]) => written.get(partition) === end);
    }, 30_000);
    return ends;
  }

  /** The stored offset of each partition of the topic's incarnation. */
  async offsets(topicId: string): Promise<Map<number, number>> {
    const rows: { partition: number; next_offset: string }[] = await this.sql`
      select partition, next_offset from consumer_offsets where topic_id = ${topicId}`;
    return new Map(rows.map((row) => [row.partition, Number(row.next_offset)]));
  }

  /** Every order in the database, as it is read back. */
  async stored(): Promise<Map<string, StoredOrder>> {
    const rows: { order_uid: string }[] = await this.sql`select order_uid from orders`;
    const found = await new OrderStore(this.#database).findMany(rows.map((row) => row.order_uid));
    return new Map([...found].map(([uid, document]) => [uid, { order: orderOf(document), origin: document.origin }]));
  }

  /** Every order in the database by its uid. */
  async storedOrders(): Promise<Map<string, Order>> {
    return new Map([...(await this.stored())].map(([uid, { order }]) => [uid, order]));
  }

  /**
   * How the database differs from these orders, of which the last one of a uid counts: a line an order, sorted. Empty
   * when every order is there once, as it was sent, with its items, and nothing else is.
   */
  async differencesFrom(sent: readonly Order[]): Promise<string[]> {
    const expected = new Map(sent.map((order) => [order.order_uid, order]));
    const stored = await this.stored();
    const differences: string[] = [];
    for (const [uid, order] of expected) {
      const found = stored.get(uid);
      if (found === undefined) differences.push(`${uid} is missing`);
      else if (!Bun.deepEquals(found.order, order, true)) differences.push(`${uid} is altered`);
    }
    for (const uid of stored.keys()) if (!expected.has(uid)) differences.push(`${uid} should not be there`);
    const items = [...stored.values()].reduce((sum, { order }) => sum + order.items.length, 0);
    const [row]: { count: string }[] = await this.sql`select count(*) from order_items`;
    if (Number(row?.count) !== items) differences.push(`${row?.count} items, the orders have ${items}`);
    return differences.sort();
  }

  /** All dead letters so far, in the order of their topic. */
  async deadLetters(): Promise<ReadDeadLetter[]> {
    return (await readAll(this.kafka, this.place.deadLetterTopic)).map(readDeadLetter);
  }

  /** Stops the consumers, and removes the topics and the database. */
  async close(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.close()));
    await Promise.all([this.sender.close(), this.sql.close(), this.#database.close()]);
    const { topic, deadLetterTopic } = this.place;
    await withAdmin(this.kafka, (admin) => admin.deleteTopics({ topics: [topic, deadLetterTopic] })).catch(() => {});
    await this.#testDatabase.drop();
  }
}

/** Every committed record of a topic that is there now. */
export async function readAll(kafka: KafkaClients, topic: string): Promise<LogRecord[]> {
  const reader = await TopicReader.open(kafka, { topic, maxBytesPerPartition: 8_388_608 });
  try {
    const ranges: Map<number, LogRange> = await reader.ranges();
    const records: LogRecord[] = [];
    for await (const slice of reader.read(ranges)) records.push(...slice.records);
    return records;
  } finally {
    await reader.close();
  }
}

function readDeadLetter(record: LogRecord): ReadDeadLetter {
  const headers = new Map(record.headers.map(([key, value]) => [String(key), String(value)]));
  return {
    reason: headers.get('dl-reason') ?? '',
    detail: headers.get('dl-detail') ?? '',
    source: `${headers.get('dl-partition')}/${headers.get('dl-offset')}`,
    key: record.key?.toString(),
    value: record.value,
    headers,
  };
}
