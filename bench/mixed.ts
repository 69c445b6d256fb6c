import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { Child } from './lib/child.ts';
import { findDrainRate } from './lib/drain-rate.ts';
import { startEngines } from './lib/engines.ts';
import { topicEnd } from './lib/load-topic.ts';
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
/** For so long the load comes that is more than the machine can take. */
const FLOOD_S = 10;
/** About so long a broker that was just started spends on compiling what the load makes it run. */
const LOAD_WARM_UP_S = 30;
const TOPIC = 'orders';

/** Lookups of a process that stores orders at the same time, against the same lookups of the same process at rest. */
export const mixed: Bench = {
  name: 'mixed',
  about: 'lookups while the same process stores orders at half of what the machine takes in, against lookups alone',
  run,
};

interface Level {
  readonly name: string;
  /** Orders sent per second. */
  readonly rate: number;
  /** Orders stored per second meanwhile. */
  readonly stored: number;
  readonly latencies: LookupLatencies;
  /** Of the p99 to that at rest. */
  readonly ratio: number;
}

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
  let loads = 0;
  /** What `measure` says, and what was stored per second meanwhile. Ends once all that was sent is stored. */
  const under = async <T>(rate: number, measure: () => Promise<T>): Promise<{ result: T; stored: number }> => {
    loads += 1;
    // Another seed, other orders.
    const load = { brokers: engines.brokers, topic: TOPIC, rate, seed: loads };
    const producer = Child.script('paced-producer.ts', load, resources);
    await producer.line();
    await sleep(LOAD_WARM_UP_S * 1000, signal);
    const from = await progressNow(tables);
    const result = await measure();
    const to = await progressNow(tables);
    await producer.stop();
    const sent = await topicEnd(engines.kafkaClients, TOPIC);
    while ((await tables.progress()) < sent) await sleep(100, signal);
    return { result, stored: (to.total - from.total) / ((to.at - from.at) / 1000) };
  };
  const level = async (name: string, full: number): Promise<Level> => {
    const rate = Math.round(full * INGEST_SHARE);
    say(`lookups while ${rate} orders/s come in`);
    const { result, stored } = await under(rate, () => ask(seconds));
    return { name, rate, stored, latencies: result, ratio: result.p99 / alone.p99 };
  };
  say(`what is stored while ${Math.round(drainRate)} orders/s are sent`);
  const { stored: intakeRate } = await under(drainRate, () => sleep(FLOOD_S * 1000, signal));
  const levels = [await level('at half the intake rate', intakeRate), await level('at half the drain rate', drainRate)];
  const [ofIntake, ofDrain] = levels.map(({ ratio }) => fixed(ratio, 2));
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
        title: `${whole(STORED)} orders by Zipf’s law, open loop, ${seconds} s each, drain rate ${whole(drainRate)} and intake rate ${whole(intakeRate)} orders/s; latency in ms; by tier the p99, and its share of the lookups`,
        columns: ['', 'lookups/s', 'stored/s', 'p50', 'p99', 'p99.9', 'max', 'p99 ratio', 'L1', 'Redis', 'PostgreSQL'],
        rows: [row('alone', alone, 0), ...levels.map(({ name, latencies, stored }) => row(name, latencies, stored))],
      },
    ],
    data: { drainRate, intakeRate, seconds, versions: engines.versions, alone, levels },
    lines: [`mixed p99 ratio ${ofIntake}`, `mixed drain p99 ratio ${ofDrain}`],
  };
}

async function progressNow(tables: OrderTables): Promise<{ at: number; total: number }> {
  const total = await tables.progress();
  return { at: performance.now(), total };
}
