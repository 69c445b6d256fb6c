import { ensureTopics } from '../../src/kafka/admin/topics.ts';
import { PartitionFetcher } from '../../src/kafka/read/partition-fetcher.ts';
import { createMessageSender } from '../../src/kafka/send/sender.ts';
import { orderBytes } from '../../src/producer/generator.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import type { BenchEngines } from './engines.ts';
import { Latencies, type LatencySummary } from './latencies.ts';
import type { OrderTables } from './order-tables.ts';
import { epochMs, sleep } from './wait.ts';

const WARM_UP = 200;
const TOPIC = 'bare';
const FETCH_WAIT_MS = 500;
/** A broker without a break between messages is not unloaded. */
const PAUSE_MS = 2;

/** One message at a time: sent with acks=all, until a fetch that waits for it has brought it. */
export async function bareRoundTrips(
  samples: number,
  { kafkaClients: kafka }: BenchEngines,
  signal: AbortSignal,
): Promise<LatencySummary> {
  await ensureTopics(kafka, [{ name: TOPIC, partitions: 1, replicationFactor: 1 }]);
  const sender = createMessageSender(kafka, { clientId: 'bench-bare', logger: silentLogger });
  const fetcher = new PartitionFetcher(kafka, {
    clientId: 'bench-bare',
    topic: TOPIC,
    maxBytesPerPartition: 1_048_576,
  });
  const latencies = new Latencies();
  try {
    await fetcher.open();
    let position = 0;
    for (let sample = 0; sample < samples + WARM_UP; sample++) {
      const value = orderBytes({ seed: 0, index: sample });
      const started = epochMs();
      const sent = sender.send(TOPIC, [{ key: null, value, headers: {} }]);
      for (const next = position + 1; position < next; ) {
        const [fetched] = await fetcher.fetch(new Map([[0, position]]), FETCH_WAIT_MS);
        position = fetched?.nextOffset ?? position;
      }
      if (sample >= WARM_UP) latencies.add(epochMs() - started);
      await sent;
      await sleep(PAUSE_MS, signal);
    }
  } finally {
    await Promise.all([sender.close(), fetcher.close()]);
  }
  return latencies.summary();
}

/** One row at a time, of an order's size, each in a transaction of its own, until the commit is answered. */
export async function bareCommits(samples: number, { sql }: OrderTables, signal: AbortSignal): Promise<LatencySummary> {
  await sql`create table bare_rows (id integer primary key, value text not null)`;
  const latencies = new Latencies();
  for (let sample = 0; sample < samples + WARM_UP; sample++) {
    const value = orderBytes({ seed: 0, index: sample }).toString();
    const started = epochMs();
    await sql`insert into bare_rows (id, value) values (${sample}, ${value})`;
    if (sample >= WARM_UP) latencies.add(epochMs() - started);
    await sleep(PAUSE_MS, signal);
  }
  await sql`drop table bare_rows`;
  return latencies.summary();
}
