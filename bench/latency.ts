import { bareCommits, bareRoundTrips } from './lib/bare-latency.ts';
import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { Child } from './lib/child.ts';
import { type CpuPerOrder, cpuNow, roundOf } from './lib/drain.ts';
import { findDrainRate } from './lib/drain-rate.ts';
import { type BenchEngines, startEngines } from './lib/engines.ts';
import type { LatencySummary } from './lib/latencies.ts';
import { topicEnd } from './lib/load-topic.ts';
import { OrderTables } from './lib/order-tables.ts';
import { sampleReadable } from './lib/readable.ts';
import { type RunningService, startService } from './lib/service.ts';
import { fixed, type Table, whole } from './lib/table.ts';
import { sleep } from './lib/wait.ts';

const SHARES = [0.1, 0.5, 0.8];
/** The share whose ratios count. */
const JUDGED = 0.5;
const SAMPLES_PER_SECOND = 40;
/** A broker compiles what it runs for about that long. */
const WARM_UP_S = 15;
const TOPIC = 'orders';

let loads = 0;

/** From the instant an order is due to be produced until it can be read over REST. */
export const latency: Bench = {
  name: 'latency',
  about: 'produced to readable over REST, against a bare Kafka round trip and a bare single-row commit',
  run,
};

interface Level extends LatencySummary {
  /** µs an order; `client` is the service's process. */
  readonly cpu: CpuPerOrder;
  readonly share: number;
  readonly rate: number;
}

async function run(context: BenchContext): Promise<BenchReport> {
  const seconds = knob('SECONDS', 60);
  const engines = await startEngines(context);
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const drainRate = await findDrainRate(engines, tables, context);
  await tables.reset();
  const settings = { 'kafka.topic': TOPIC, 'producer.enabled': false };
  // Consumer and REST server in one process, without its own generator.
  const app = await startService(engines, settings, context, 'run');
  context.say('warming up');
  await measure(share(drainRate, JUDGED), WARM_UP_S, app, engines, tables, context);
  context.say('bare round trips and commits');
  const samples = Math.min(2_000, seconds * SAMPLES_PER_SECOND);
  const kafka = await bareRoundTrips(samples, engines, context.signal);
  const commit = await bareCommits(samples, tables, context.signal);
  const levels: Level[] = [];
  for (const part of SHARES) {
    const rate = share(drainRate, part);
    context.say(`${rate} orders/s for ${WARM_UP_S + seconds} s`);
    levels.push({ share: part, rate, ...(await measure(rate, seconds, app, engines, tables, context)) });
  }
  const judged = levels.find(({ share }) => share === JUDGED);
  const p50 = (judged?.p50 ?? Number.NaN) / (kafka.p50 + commit.p50);
  const p99 = (judged?.p99 ?? Number.NaN) / (kafka.p99 + commit.p99);
  return {
    tables: [latencyTable(drainRate, seconds, kafka, commit, levels)],
    data: { drainRate, seconds, versions: engines.versions, kafka, commit, levels, ratios: { p50, p99 } },
    lines: [`latency p50 ratio ${p50.toFixed(2)}`, `latency p99 ratio ${p99.toFixed(2)}`],
  };
}

/** Whole orders per second. */
function share(drainRate: number, part: number): number {
  return Math.max(1, Math.round(drainRate * part));
}

async function measure(
  rate: number,
  seconds: number,
  app: RunningService,
  engines: BenchEngines,
  tables: OrderTables,
  { resources, signal }: BenchContext,
): Promise<LatencySummary & { readonly cpu: CpuPerOrder }> {
  const { brokers } = engines;
  await tables.sql.unsafe('truncate orders, order_items');
  await tables.sql.unsafe('checkpoint');
  loads += 1;
  // Another seed, other orders.
  const load = { brokers, topic: TOPIC, rate, seed: loads };
  const producer = Child.script('paced-producer.ts', load, resources);
  const { epoch }: { epoch: number } = JSON.parse(await producer.line());
  const before = cpuNow(app.child.pid, engines);
  const started = await tables.progress();
  const summary = await sampleReadable(
    { seed: load.seed, epoch, rate },
    { url: app.url, warmUpS: WARM_UP_S, seconds, samplesPerSecond: SAMPLES_PER_SECOND, signal },
  );
  await producer.stop();
  const sent = await topicEnd(engines.kafkaClients, TOPIC);
  while ((await tables.progress()) < sent) await sleep(100, signal);
  const { cpu } = roundOf(sent - started, 1, before, cpuNow(app.child.pid, engines));
  return { ...summary, cpu };
}

function latencyTable(
  drainRate: number,
  seconds: number,
  kafka: LatencySummary,
  commit: LatencySummary,
  levels: readonly Level[],
): Table {
  const figures = (one: LatencySummary) => [
    fixed(one.p50, 2),
    fixed(one.p99, 2),
    fixed(one.p999, 2),
    fixed(one.max, 2),
    one.samples,
  ];
  const sum = [kafka.p50 + commit.p50, kafka.p99 + commit.p99, kafka.p999 + commit.p999];
  return {
    title: `${seconds} s a level, drain rate ${whole(drainRate)} orders/s; ms, and CPU in µs an order`,
    columns: [
      '',
      'orders/s',
      'p50',
      'p99',
      'p99.9',
      'max',
      'samples',
      'p50 ratio',
      'p99 ratio',
      'CPU app',
      'CPU Kafka',
      'CPU PostgreSQL',
    ],
    rows: [
      ['bare Kafka round trip', '', ...figures(kafka)],
      ['bare commit of a row', '', ...figures(commit)],
      ['sum of both', '', ...sum.map((value) => fixed(value, 2)), '', '', fixed(1, 2), fixed(1, 2)],
      ...levels.map((level) => [
        `at ${level.share * 100} % of the drain rate`,
        whole(level.rate),
        ...figures(level),
        fixed(level.p50 / (sum[0] ?? Number.NaN), 2),
        fixed(level.p99 / (sum[1] ?? Number.NaN), 2),
        ...[level.cpu.client, level.cpu.kafka, level.cpu.postgresql].map((value) => fixed(value, 1)),
      ]),
    ],
  };
}
