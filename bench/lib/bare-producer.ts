/**
 * The bare loop that producing is held against, a process of its own: takes `{ brokers, topic, count, seed }` as JSON, generates
 * everything, prints a line, and sends. Nothing but the client is at work then; batches and their number are the producer's.
 */
import type { OutgoingMessage } from '../../src/kafka/message-sender.ts';
import { createMessageSender } from '../../src/kafka/sender.ts';
import { MessageHeaders } from '../../src/producer/message-headers.ts';
import { createSource } from '../../src/producer/source.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';

/** What the loop is given. */
export interface BareProducerInput {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly count: number;
  readonly seed: number;
}

const BATCH_MESSAGES = 1_000;
const IN_FLIGHT = 5;

const { brokers, topic, count, seed }: BareProducerInput = JSON.parse(process.argv[2] ?? '');
const batches = generate();
const sender = createMessageSender({ brokers, clientId: 'bench', logger: silentLogger });
Bun.gc(true);
console.log('ready');
await Promise.all(Array.from({ length: IN_FLIGHT }, sendNext));
await sender.close();

async function sendNext(): Promise<void> {
  for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) await sender.send(topic, batch);
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
