import type { OrderSink } from '../../src/consumer/batch-storer.ts';
import { OrderConsumer, type OrderConsumerSettings } from '../../src/consumer/consumer.ts';
import { sendDeadLetters } from '../../src/consumer/dead-letter.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { KafkaOrderLog } from '../../src/kafka/read/kafka-order-log.ts';
import type { OrderLog } from '../../src/kafka/read/order-log.ts';
import type { OutgoingMessage } from '../../src/kafka/send/message-sender.ts';
import { createMessageSender } from '../../src/kafka/send/sender.ts';
import { Database } from '../../src/storage/postgresql/database.ts';
import { OffsetStore } from '../../src/storage/postgresql/offset-store.ts';
import { OrderWriter } from '../../src/storage/postgresql/order-writer.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

/** Where a consumer under test works; plain data, so that a child process can be given it. */
export interface ConsumerPlace {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly group: string;
  readonly databaseUrl: string;
}

/** Settings that differ from those tests normally use; plain data, too. */
export interface ConsumerTuning extends Partial<OrderConsumerSettings> {
  /** Group joined in Kafka when it is not the one of the offsets: a member nobody knows to have been replaced. */
  readonly kafkaGroup?: string;
  readonly sessionTimeoutMs?: number;
  readonly maxBytesPerPartition?: number;
  readonly maxConnections?: number;
  readonly connectTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  readonly renewalAgeMs?: number;
}

type Send = (letters: readonly OutgoingMessage[]) => Promise<void>;

/** Wrappers around the consumer's ports, to watch or to break it from outside. */
export interface ConsumerHooks {
  readonly log?: (log: OrderLog) => OrderLog;
  readonly sink?: (sink: OrderSink) => OrderSink;
  readonly send?: (send: Send) => Send;
  readonly onChanged?: (uids: readonly string[], note?: string) => void;
}

/** A consumer with clients of its own. */
export interface ComposedConsumer {
  readonly consumer: OrderConsumer;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Stops it in good order and closes its clients; idempotent. */
  close(): Promise<void>;
}

const TEST_SETTINGS = {
  maxBatchOrders: 500,
  maxBufferedBytes: 16_777_216,
  maxOrderBytes: 524_288,
  transactionsInFlight: 2,
  fetchWaitMs: 100,
  retryMinMs: 50,
  retryMaxMs: 500,
  stallMs: 30_000,
  closeMs: 6_000,
};
let composed = 0;

/** Composes the consumer role from its real parts, and starts it. */
export function startComposed(
  place: ConsumerPlace,
  tuning: ConsumerTuning = {},
  hooks: ConsumerHooks = {},
): ComposedConsumer {
  const { topic, group } = place;
  const kafka = new KafkaClients(place);
  // TEST_LOG=debug shows what the consumers of a test do.
  const level = process.env['TEST_LOG'] === 'debug' ? 'debug' : 'silent';
  const logger = createLogger({ level, format: 'pretty' });
  composed += 1;
  const applicationName = `consumer-${process.pid}-${composed}`;
  const statementTimeoutMs = tuning.statementTimeoutMs ?? 30_000;
  const database = new Database({
    url: place.databaseUrl,
    maxConnections: tuning.maxConnections ?? 4,
    connectTimeoutMs: tuning.connectTimeoutMs ?? 5_000,
    statementTimeoutMs,
    applicationName,
  });
  const sender = createMessageSender(kafka, { clientId: applicationName, timeOptional: true, logger });
  const sink = new OrderWriter(database, {
    group,
    topic,
    transactionTimeoutMs: statementTimeoutMs,
    noteChanges: true,
    ...(tuning.renewalAgeMs !== undefined && { renewalAgeMs: tuning.renewalAgeMs }),
  });
  const send: Send = (letters) => sendDeadLetters(sender, place.deadLetterTopic, letters, logger);
  const openLog = (): OrderLog =>
    new KafkaOrderLog(kafka, {
      clientId: applicationName,
      group: tuning.kafkaGroup ?? group,
      topic,
      sessionTimeoutMs: tuning.sessionTimeoutMs ?? 6_000,
      maxBytesPerPartition: tuning.maxBytesPerPartition ?? 1_048_576,
      logger,
    });
  const consumer = new OrderConsumer(
    { ...TEST_SETTINGS, ...tuning, group, topic },
    {
      openLog: () => hooks.log?.(openLog()) ?? openLog(),
      offsets: new OffsetStore(database),
      sink: hooks.sink?.(sink) ?? sink,
      sendDeadLetters: hooks.send?.(send) ?? send,
      onChanged: hooks.onChanged ?? (() => {}),
      logger,
    },
  );
  consumer.start();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await consumer.close();
    await Promise.all([sender.close(), database.close()]);
  };
  return {
    consumer,
    applicationName,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
