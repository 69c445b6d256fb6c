/**
 * A process that joins a group and closes while it waits for the answer to the request of this number. It ends when
 * nothing holds it any more. Arguments: brokers, topic, group, number.
 */
import { tracingChannel } from 'node:diagnostics_channel';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { KafkaOrderLog } from '../../src/kafka/read/kafka-order-log.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';

const [brokers = '', topic = '', group = '', request] = process.argv.slice(2);
const settings = { clientId: 'test', sessionTimeoutMs: 6_000, maxBytesPerPartition: 1_048_576, logger: silentLogger };
const log = new KafkaOrderLog(new KafkaClients({ brokers: brokers.split(',') }), {
  ...settings,
  topic,
  group,
});
const requests = tracingChannel('plt:kafka:connections:api');
const waiting = new Promise<void>((resolve) => {
  requests.start.subscribe((message) => {
    if (Object(message).apiKey === Number(request)) queueMicrotask(resolve);
  });
});
const joined = log.start(
  () => {},
  () => {},
);
joined.catch(() => {});
await waiting;
await log.close();
