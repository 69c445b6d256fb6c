/**
 * A load on schedule, a process of its own: takes `{ brokers, topic, rate, seed }` as JSON and sends orders, with the
 * service's own producer, until it is told to stop. Order k is due at `epoch + k × 1000 / rate`, whatever became of
 * those before; it prints the epoch, ms since the Unix epoch.
 */

import { KafkaClients } from '../../src/kafka/clients.ts';
import { createMessageSender } from '../../src/kafka/send/sender.ts';
import { OrderProducer } from '../../src/producer/producer.ts';
import { createSource } from '../../src/producer/source.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { epochMs } from './wait.ts';

/** What the load is given. */
export interface PacedProducerInput {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly rate: number;
  readonly seed: number;
}

const { brokers, topic, rate, seed }: PacedProducerInput = JSON.parse(process.argv[2] ?? '');
const sender = createMessageSender(new KafkaClients({ brokers }), {
  clientId: 'bench-load',
  logger: silentLogger,
});
let epoch: number | undefined;
const producer = new OrderProducer({
  sender,
  topic,
  rate,
  source: createSource({ seed }),
  logger: silentLogger,
  // The schedule begins with the first look at the clock.
  clock: () => {
    const now = epochMs();
    epoch ??= now;
    return now;
  },
});
process.on('SIGTERM', () => void producer.close());
const sending = producer.start();
console.log(JSON.stringify({ epoch }));
await sending;
await sender.close();
