import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { Child } from './lib/child.ts';
import { findDrainRate } from './lib/drain-rate.ts';
import { startEngines } from './lib/engines.ts';
import { OrderTables } from './lib/order-tables.ts';
import { type LookupLatencies, pacedLookups } from './lib/paced-lookups.ts';
import { startService } from './lib/service.ts';
import { storeOrders } from './lib/stored-orders.ts';
import { fixed, whole } from './lib/table.ts';
import { sleep } from './lib/wait.ts';

const STORED = 100_000;
const LOOKUPS_PER_SECOND = 1_000;
const INGEST_SHARE = 0.5;
const WARM_UP_S = 10;
/** About so long a broker that was just started spends on compiling what the load makes it run. */
const LOAD_WARM_UP_S = 30;
const TOPIC = 'orders';

/** Lookups of a process that stores orders at the same time, against the same lookups of the same process at rest. */
export const mixed: Bench = {
  name: 'mixed',
  about: 'lookups while the same process stores orders at half its drain rate, against lookups alone',
  run,
};

async function run(context: BenchContext): Promise<BenchReport> {
  const { signal, resources, say } = context;
  const seconds = knob('SECONDS', 20);
  const engines = await startEngines(context);
  const tables = new OrderTables(engines.databaseUrl, resources);
  const drainRate = await findDrainRate(engines, tables, context);
  const uids = await storeOrders(STORED, engines, tables, context);
  const settings = { 'kafka.topic': TOPIC, 'producer.enabled': false };
  const { url } = await startService(engines, settings, context, 'run');
  const ask = (length: number): Promise<LookupLatencies> =>
    pacedLookups({ url, uids, rate: LOOKUPS_PER_SECOND, seconds: length, signal });
  say('warming up');
  await ask(WARM_UP_S);
  say('lookups alone');
  const alone = await ask(seconds);
  const rate = Math.round(drainRate * INGEST_SHARE);
  say(`lookups while ${rate} orders/s come in`);
  const load = { brokers: engines.brokers, topic: TOPIC, rate, seed: 9 };
  const producer = Child.script('paced-producer.ts', load, resources);
  await producer.line();
  await sleep(LOAD_WARM_UP_S * 1000, signal);
  const from = await progressNow(tables);
  const busy = await ask(seconds);
  const to = await progressNow(tables);
  await producer.stop();
  const stored = (to.total - from.total) / ((to.at - from.at) / 1000);
  const ratio = busy.p99 / alone.p99;
  const row = (name: string, one: LookupLatencies, storedPerS: number) => [
    name,
    whole(LOOKUPS_PER_SECOND),
    whole(storedPerS),
    ...[one.p50, one.p99, one.p999, one.max].map((ms) => fixed(ms, 2)),
    fixed(one.p99 / alone.p99, 2),
    ...[one.tiers.l1, one.tiers.redis, one.tiers.postgresql].map(
      ({ samples, p99 }) => `${fixed(p99, 1)} (${Math.round((samples / one.samples) * 100)} %)`,
    ),
  ];
  return {
    tables: [
      {
        title: `${whole(STORED)} orders by Zipf’s law, open loop, ${seconds} s each; latency in ms; by tier the p99, and its share of the lookups`,
        columns: [
          '',
          'lookups/s',
          'stored/s',
          'p50',
          'p99',
          'p99.9',
          'max',
          'p99 ratio',
          'L1',
          'Redis',
          'PostgreSQL',
        ],
        rows: [row('alone', alone, 0), row('while storing', busy, stored)],
      },
    ],
    data: { drainRate, rate, stored, seconds, versions: engines.versions, alone, busy, ratio },
    lines: [`mixed p99 ratio ${fixed(ratio, 2)}`],
  };
}

async function progressNow(tables: OrderTables): Promise<{ at: number; total: number }> {
  const total = await tables.progress();
  return { at: performance.now(), total };
}
