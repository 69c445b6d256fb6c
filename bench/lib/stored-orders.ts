import { orderUid } from '../../src/producer/order-uid.ts';
import type { BenchContext } from './bench.ts';
import { Child } from './child.ts';
import type { BenchEngines } from './engines.ts';
import { loadTopic } from './load-topic.ts';
import type { OrderTables } from './order-tables.ts';
import { sleep } from './wait.ts';

const POLL_MS = 100;
const SEED = 8;

/** Brings `count` generated orders into empty tables through Kafka and the consumer; resolves with their order_uids. */
export async function storeOrders(
  count: number,
  engines: BenchEngines,
  tables: OrderTables,
  context: BenchContext,
): Promise<string[]> {
  const topic = 'stored';
  await tables.reset();
  await loadTopic({ topic, count, seed: SEED }, engines, context);
  context.say(`storing ${count} orders`);
  const consumer = Child.app(engines, ['consume'], { 'kafka.topic': topic }, context.resources);
  while ((await tables.progress()) < count) {
    consumer.throwIfEnded();
    await sleep(POLL_MS, context.signal);
  }
  await consumer.stop();
  await tables.sql.unsafe('vacuum analyze orders, order_items');
  return Array.from({ length: count }, (_, index) => orderUid(SEED, index));
}
