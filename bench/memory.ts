import { orderUid } from '../src/producer/order-uid.ts';
import { freePort } from '../test/helpers/free-port.ts';
import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { Child } from './lib/child.ts';
import { type BenchEngines, startEngines } from './lib/engines.ts';
import { loadTopic, topicEnd } from './lib/load-topic.ts';
import { OrderTables } from './lib/order-tables.ts';
import { memoryOf } from './lib/proc.ts';
import { trend } from './lib/stats.ts';
import { fixed, type Table } from './lib/table.ts';
import { sleep, throwIfAborted } from './lib/wait.ts';

const TOPIC = 'orders';
const SEED = 5;
const WARM_UP_ORDERS = 50_000;
const LOOKUPS_PER_SECOND = 100;
const LOOKUP_TIMEOUT_MS = 60_000;
const SAMPLE_MS = 250;
/** Part of the steady run that the slope leaves out. */
const SETTLING_SHARE = 0.1;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Memory of the all-in-one process: warmed up, under a load it has to catch up with, and over a long steady run. */
export const memory: Bench = {
  name: 'memory',
  about: 'resident memory of the all-in-one process under load and over time, against that after its warm-up',
  run,
};

/** Time since the start, ms → resident memory, MB. */
type Samples = (readonly [ms: number, mb: number])[];

async function run(context: BenchContext): Promise<BenchReport> {
  const count = knob('N', 400_000);
  const soakMinutes = knob('SOAK_MIN', 2, 0);
  const soakRate = knob('SOAK_RATE', 500);
  const engines = await startEngines(context);
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const port = await freePort();
  const settings = {
    'kafka.topic': TOPIC,
    'producer.rate': soakRate,
    'producer.seed': SEED,
    'server.port': port,
  };
  const app = Child.app(engines, ['run', '--json'], { ...settings, 'reader.enabled': false }, context.resources);
  const { url }: { url: string } = JSON.parse(await app.line());
  const watch = new Watch(app, url, soakRate, context);

  await loadTopic({ topic: TOPIC, count: WARM_UP_ORDERS, seed: SEED + 1 }, engines, context, 'at least');
  await caughtUp(engines, tables, watch);
  const warm = watch.take();

  await loadTopic({ topic: TOPIC, count, seed: SEED + 2 }, engines, context, 'at least');
  await caughtUp(engines, tables, watch);
  const load = watch.take();

  context.say(`steady at ${soakRate} orders/s for ${soakMinutes} min`);
  await sleep(soakMinutes * MINUTE_MS, context.signal);
  const soak = watch.take();
  await watch.stop();

  // What the load has left behind is given back first: that is no trend.
  const steady = soak.slice(Math.floor(soak.length * SETTLING_SHARE));
  const found = trend(steady.map(([ms, mb]) => [ms / HOUR_MS, mb]));
  const afterWarmUp = warm.at(-1)?.[1] ?? Number.NaN;
  const peak = watch.peakMb;
  return {
    tables: [memoryTable(afterWarmUp, { load, soak }, soakMinutes)],
    data: {
      count,
      soakMinutes,
      soakRate,
      lookups: watch.lookups,
      afterWarmUp,
      peak,
      slope: found,
      samples: { warm, load, soak },
    },
    lines: [
      ...(found === undefined ? [] : [`memory slope_mb_per_hour ${fixed(found.slope, 1)} ± ${fixed(found.margin, 1)}`]),
      `memory warm_mb ${Math.round(afterWarmUp)}`,
      `memory max_mb ${Math.round(peak)}`,
    ],
  };
}

/** Samples the process's memory while looking orders up, as its users do. */
class Watch {
  readonly #app: Child;
  readonly #url: string;
  readonly #context: BenchContext;
  readonly #started = performance.now();
  readonly #ending = new AbortController();
  readonly #running: Promise<unknown>;
  #samples: Samples = [];
  peakMb = 0;
  lookups = 0;
  #failure: unknown;

  constructor(app: Child, url: string, rate: number, context: BenchContext) {
    this.#app = app;
    this.#url = url;
    this.#context = context;
    this.#running = Promise.all([this.#sample(), this.#lookUp(rate)]).catch((error: unknown) => {
      this.#failure = error;
    });
    context.resources.defer('work', 'watch', () => this.stop());
  }

  /** What was sampled since the last call. @throws what has gone wrong meanwhile */
  take(): Samples {
    this.check();
    const samples = this.#samples;
    this.#samples = [];
    return samples;
  }

  check(): void {
    throwIfAborted(this.#context.signal);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #sample(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      this.#app.throwIfEnded();
      const now = memoryOf(this.#app.pid);
      if (now !== undefined) {
        this.#samples.push([performance.now() - this.#started, now.rssMb]);
        this.peakMb = Math.max(this.peakMb, now.peakMb);
      }
      await Bun.sleep(SAMPLE_MS);
    }
  }

  /** Orders the process itself generates: those of some seconds ago, so most are there, and few are cached. */
  async #lookUp(rate: number): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const newest = Math.max(0, ((performance.now() - this.#started) / 1000 - 5) * rate);
      const uid = orderUid(SEED, Math.floor(newest * Math.random()));
      const response = await fetch(`${this.#url}/api/v1/orders/${uid}`, {
        signal: AbortSignal.timeout(LOOKUP_TIMEOUT_MS),
      });
      await response.arrayBuffer();
      if (response.status >= 500) throw new Error(`a lookup was answered with ${response.status}`);
      this.lookups += 1;
      await Bun.sleep(1000 / LOOKUPS_PER_SECOND);
    }
  }
}

/** Resolves when the database is where the topic ended at the call. */
async function caughtUp(engines: BenchEngines, tables: OrderTables, watch: Watch): Promise<void> {
  const end = await topicEnd(engines.kafkaClients, TOPIC);
  while ((await tables.progress()) < end) {
    watch.check();
    await Bun.sleep(100);
  }
}

function memoryTable(
  afterWarmUp: number,
  phases: { readonly load: Samples; readonly soak: Samples },
  soakMinutes: number,
): Table {
  const row = (name: string, samples: Samples) => {
    const values = samples.map(([, mb]) => mb);
    const max = Math.max(...values);
    const last = values.at(-1) ?? Number.NaN;
    return [name, fixed(Math.min(...values), 0), fixed(max, 0), fixed(last, 0), fixed(last / afterWarmUp, 2)];
  };
  return {
    title: 'resident memory, MB; ratio: at the end, to that after the warm-up',
    columns: ['', 'min', 'max', 'at the end', 'ratio'],
    rows: [
      ['after the warm-up', '', '', fixed(afterWarmUp, 0), fixed(1, 2)],
      row('load', phases.load),
      ...(phases.soak.length > 0 ? [row(`${soakMinutes} min steady`, phases.soak)] : []),
    ],
  };
}
