import { OrderConsumer } from '../../consumer/consumer.ts';
import { sendDeadLetters } from '../../consumer/dead-letter.ts';
import { retention } from '../../consumer/retention.ts';
import { stateKeeping } from '../../consumer/state-keeping.ts';
import { KafkaOrderLog } from '../../kafka/read/kafka-order-log.ts';
import { REJECTION_REASONS } from '../../order/rejection.ts';
import { OffsetStore } from '../../storage/postgresql/offset-store.ts';
import { OrderExpiry, renewalAgeMs } from '../../storage/postgresql/order-expiry.ts';
import { OrderWriter } from '../../storage/postgresql/order-writer.ts';
import { StoredStates } from '../../storage/postgresql/state-counts.ts';
import { ConsumerMeter } from '../../telemetry/consumer-meter.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Config } from './config-schema.ts';
import { kafkaClients } from './environment.ts';
import type { ConsumerPart } from './operations.ts';
import type { Clients } from './roles.ts';
import { type Resources, workTimeMs } from './shutdown.ts';

/** Most bytes one fetch brings of one partition: what Kafka's own consumer takes. */
const FETCH_BYTES_PER_PARTITION = 1_048_576;

/** Starts reading orders from Kafka into PostgreSQL. */
export function startConsumer(config: Config, clients: Clients, resources: Resources, logger: Logger): ConsumerPart {
  const meter = new ConsumerMeter(REJECTION_REASONS);
  const { kafka, consumer: settings } = config;
  const { days } = config.retention;
  const { cache, consumerDatabase: database, deadLetterSender, invalidator, traced } = clients;
  const roleLogger = logger.child({ role: 'consumer' });
  const writer = new OrderWriter(database, {
    group: kafka.group,
    topic: kafka.topic,
    transactionTimeoutMs: config.postgresql.statementTimeoutMs,
    noteChanges: cache !== undefined,
    ...(days > 0 && { renewalAgeMs: renewalAgeMs(days) }),
  });
  const consumer = new OrderConsumer(
    { ...settings, group: kafka.group, topic: kafka.topic, closeMs: workTimeMs(config.shutdownTimeoutMs) },
    {
      openLog: () =>
        new KafkaOrderLog(kafkaClients(config), {
          ...kafka,
          clientId: 'test-service-consumer',
          sessionTimeoutMs: settings.sessionTimeoutMs,
          maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
          logger: roleLogger,
        }),
      offsets: new OffsetStore(database),
      sink: traced?.sink(writer) ?? writer,
      around: traced?.batch(kafka.topic, kafka.group),
      sendDeadLetters: (letters) => sendDeadLetters(deadLetterSender, kafka.deadLetterTopic, letters, roleLogger),
      onStored: (batch) => meter.add(batch, traced?.traceId()),
      onChanged: (uids, note) => void invalidator?.changed(uids, note),
      logger: roleLogger,
    },
  );
  void invalidator?.start();
  void database.open();
  consumer.start();
  resources.defer('work', 'consumer', () => consumer.close());
  if (days > 0) {
    const expiry = new OrderExpiry(clients.database, { days, noteChanges: cache !== undefined });
    const onDeleted = (uids: readonly string[], note?: string): void => {
      meter.expired += uids.length;
      void invalidator?.changed(uids, note);
    };
    const deletion = retention({ expiry, days, onDeleted, logger: roleLogger });
    deletion.start();
    resources.defer('work', 'retention', () => deletion.close());
  }
  const keeping = stateKeeping({ states: new StoredStates(clients.database), logger: roleLogger });
  keeping.start();
  resources.defer('work', 'states of orders', () => keeping.close());
  return { role: consumer, meter };
}
