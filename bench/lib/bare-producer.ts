/**
 * The bare loop that producing is held against, a process of its own: takes a BareProducerInput as JSON, generates
 * everything, prints a line, and sends. Nothing but the client is at work then; batches and their number are the
 * producer's.
 */
import { KafkaClients } from '../../src/kafka/clients.ts';
import type { OutgoingMessage } from '../../src/kafka/send/message-sender.ts';
import { createMessageSender } from '../../src/kafka/send/sender.ts';
import { MessageHeaders } from '../../src/producer/message-headers.ts';
import { createSource } from '../../src/producer/source.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';

/** What the loop is given. */
export interface BareProducerInput {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly count: number;
  readonly seed: number;
  /** The Kafka client's own producer, or the sender that `produce` has on top of that client. */
  readonly client: 'library' | 'sender';
}

interface Loop {
  send(batch: readonly OutgoingMessage[]): Promise<unknown>;
  close(): Promise<unknown>;
}

const BATCH_MESSAGES = 1_000;
const IN_FLIGHT = 5;

const ACKS_ALL = -1;

const { brokers, topic, count, seed, client }: BareProducerInput = JSON.parse(process.argv[2] ?? '');
const kafka = new KafkaClients({ brokers });
const batches = generate();
const loop = client === 'library' ? libraryLoop() : senderLoop();
Bun.gc(true);
console.log('ready');
await Promise.all(Array.from({ length: IN_FLIGHT }, sendNext));
await loop.close();

async function sendNext(): Promise<void> {
  for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) await loop.send(batch);
}

function senderLoop(): Loop {
  const sender = createMessageSender(kafka, {
    clientId: 'bench',
    logger: silentLogger,
  });
  return { send: (batch) => sender.send(topic, batch), close: () => sender.close() };
}

function libraryLoop(): Loop {
  const producer = kafka.producer({ clientId: 'bench', acks: ACKS_ALL });
  return {
    send: (batch) =>
      producer.send({
        acks: ACKS_ALL,
        messages: batch.map(({ key, value, headers }) => ({
          topic,
          ...(key && { key }),
          ...(value && { value }),
          headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
        })),
      }),
    close: () => producer.close(),
  };
}

function generate(): OutgoingMessage[][] {
  const source = createSource({ seed, count });
  const headers = new MessageHeaders();
  const all: OutgoingMessage[][] = [];
  for (let taken = source.take(BATCH_MESSAGES); taken.length > 0; taken = source.take(BATCH_MESSAGES)) {
    all.push(taken.map(({ key, value }) => ({ key, value, headers: headers.next(Date.now()) })));
  }
  return all;
}
