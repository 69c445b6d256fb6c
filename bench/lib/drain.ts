import type { BenchContext } from './bench.ts';
import { Child } from './child.ts';
import type { BenchEngines } from './engines.ts';
import { type ExpectedOutcome, topicEnd } from './load-topic.ts';
import type { OrderTables } from './order-tables.ts';
import { cpuOf, cpuWithChildren } from './proc.ts';
import { sleep } from './wait.ts';

const POLL_MS = 20;
const STALL_MS = 60_000;

/** CPU per order, µs. `client` is who sends the rows to PostgreSQL: the service, or the bare COPY. */
export interface CpuPerOrder {
  readonly client: number;
  readonly kafka: number;
  readonly postgresql: number;
}

/** One round: how fast orders came into PostgreSQL, and what that took. */
export interface Round {
  readonly orders: number;
  readonly seconds: number;
  readonly rate: number;
  readonly cpu: CpuPerOrder;
}

/** CPU used so far by those who take part, µs. */
export function cpuNow(clientPid: number, { pids }: BenchEngines): CpuPerOrder {
  return {
    client: cpuOf(clientPid) ?? 0,
    kafka: cpuOf(pids.kafka) ?? 0,
    postgresql: cpuWithChildren(pids.postgresql),
  };
}

export function roundOf(orders: number, ms: number, before: CpuPerOrder, after: CpuPerOrder): Round {
  const cpu = {
    client: (after.client - before.client) / orders,
    kafka: (after.kafka - before.kafka) / orders,
    postgresql: (after.postgresql - before.postgresql) / orders,
  };
  return { orders, seconds: ms / 1000, rate: (orders / ms) * 1000, cpu };
}

export interface DrainTask {
  readonly topic: string;
  /** Messages in the topic. */
  readonly count: number;
  readonly expected: ExpectedOutcome;
  /** The work tree whose consumer it is; this one. */
  readonly root?: string;
}

let drains = 0;

/**
 * Has the real consumer process drain a whole topic into empty tables, and checks what is in them. The clock runs from
 * the first progress seen in the database, so that starting does not count, to the last; the rate is over the orders in
 * between.
 */
export async function drain(
  task: DrainTask,
  tables: OrderTables,
  engines: BenchEngines,
  { resources, signal }: BenchContext,
): Promise<Round> {
  drains += 1;
  const { topic, count, expected, root } = task;
  const deadLetterTopic = `${topic}.dead-letters-${drains}`;
  await tables.reset();
  const group = `bench-${drains}`;
  const consumer = Child.app(
    engines,
    ['consume'],
    { 'kafka.topic': topic, 'kafka.deadLetterTopic': deadLetterTopic, 'kafka.group': group },
    resources,
    root,
  );
  const progress = async (above: number): Promise<number> => {
    const patience = performance.now() + STALL_MS;
    for (;;) {
      const done = await tables.progress();
      if (done > above) return done;
      consumer.throwIfEnded();
      if (performance.now() > patience) throw new Error(`the consumer stands still at ${done} of ${count}`);
      await sleep(POLL_MS, signal);
    }
  };
  const first = await progress(0);
  const started = performance.now();
  const before = cpuNow(consumer.pid, engines);
  for (let done = first; done < count; done = await progress(done));
  const ms = performance.now() - started;
  const after = cpuNow(consumer.pid, engines);
  await consumer.stop();
  if (first >= count) throw new Error(`${count} orders are too few to time`);
  await tables.verify(expected, `draining ${topic}`);
  const letters = await topicEnd(engines.kafkaClients, deadLetterTopic);
  if (letters !== expected.deadLetters)
    throw new Error(`${topic} led to ${letters} dead letters, not ${expected.deadLetters}`);
  return roundOf(count - first, ms, before, after);
}
