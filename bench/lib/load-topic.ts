import { join } from 'node:path';
import type { KafkaClients } from '../../src/kafka/clients.ts';
import { TopicReader } from '../../src/kafka/read/topic-reader.ts';
import type { Order } from '../../src/order/order.ts';
import { parseFaults } from '../../src/producer/faults.ts';
import { createSource } from '../../src/producer/source.ts';
import type { BenchContext } from './bench.ts';
import { Child } from './child.ts';
import type { BenchEngines } from './engines.ts';
import type { OrderCounts } from './order-tables.ts';

export interface TopicContents {
  readonly topic: string;
  readonly count: number;
  readonly seed: number;
  /** As the option `--faults`. */
  readonly faults?: string;
  /** Writes the JSON of an order in another way, with the same values. */
  readonly respell?: (order: Order) => string;
}

/**
 * Sends generated orders to a topic of six partitions, by the service's own producer.
 * @throws when the topic holds anything else afterwards; `at least`: when it holds less
 */
export async function loadTopic(
  contents: TopicContents,
  engines: BenchEngines,
  { say, resources }: BenchContext,
  rule: 'exactly' | 'at least' = 'exactly',
): Promise<void> {
  const { topic, count, faults, respell } = contents;
  say(`sending ${count} orders to ${topic}`);
  const args = [
    'produce',
    ...(respell === undefined ? generated(contents) : await respelled(respell, contents, engines)),
  ];
  if (faults !== undefined) args.push('--faults', faults);
  const child = Child.app(engines, args, { 'kafka.topic': topic }, resources);
  await child.done();
  const end = await topicEnd(engines.kafkaClients, topic);
  if (rule === 'exactly' ? end !== count : end < count) throw new Error(`${topic} has ${end} messages, not ${count}`);
}

function generated({ count, seed }: TopicContents): string[] {
  return ['--count', String(count), '--seed', String(seed)];
}

async function respelled(
  respell: (order: Order) => string,
  { topic, count, seed }: TopicContents,
  { folder }: BenchEngines,
): Promise<string[]> {
  const file = join(folder, `${topic}.ndjson`);
  const source = createSource({ seed, count, faults: parseFaults('') });
  const writer = Bun.file(file).writer();
  for (let batch = source.take(1_000); batch.length > 0; batch = source.take(1_000)) {
    for (const { value } of batch) writer.write(`${respell(JSON.parse(String(value)))}\n`);
    await writer.flush();
  }
  await writer.end();
  return ['--file', file];
}

/** How many messages the topic has. */
export async function topicEnd(kafka: KafkaClients, topic: string): Promise<number> {
  const reader = await TopicReader.open(kafka, { topic });
  try {
    return endOf(await reader.ranges());
  } finally {
    await reader.close();
  }
}

export function endOf(ranges: ReadonlyMap<number, { readonly end: number }>): number {
  return [...ranges.values()].reduce((sum, { end }) => sum + end, 0);
}

/** What a topic must lead to once it is drained. */
export interface ExpectedOutcome extends OrderCounts {
  readonly deadLetters: number;
}

/** Works out what must be in the database from what was generated, not from what was stored. */
export function expectedOutcome({ count, seed, faults }: TopicContents): ExpectedOutcome {
  const source = createSource({ seed, count, faults: parseFaults(faults ?? '') });
  const itemsOf = new Map<string, number>();
  let deadLetters = 0;
  for (let batch = source.take(1_000); batch.length > 0; batch = source.take(1_000)) {
    for (const { key, value, note } of batch) {
      if (note !== undefined && note.expectedReason !== null) deadLetters += 1;
      else itemsOf.set(String(key), itemCount(value));
    }
  }
  const items = itemsOf.values().reduce((sum, number) => sum + number, 0);
  return { orders: itemsOf.size, items, deadLetters };
}

/** Generated orders are plain: each item, and nothing else, begins with its chrt_id. */
function itemCount(value: Buffer | null): number {
  return (value?.toString('latin1').split('{"chrt_id":').length ?? 1) - 1;
}
