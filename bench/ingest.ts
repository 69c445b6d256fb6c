import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { copyRows, type EncodedRows, encodeTopic } from './lib/copy-baseline.ts';
import { cpuNow, drain, type Round, roundOf } from './lib/drain.ts';
import { type BenchEngines, startEngines } from './lib/engines.ts';
import { expectedOutcome, loadTopic } from './lib/load-topic.ts';
import { type OrderCounts, OrderTables } from './lib/order-tables.ts';
import { roundsTable, summarize } from './lib/rounds.ts';
import { throwIfAborted } from './lib/wait.ts';

const SEED = 1;

/** Kafka → PostgreSQL by the real consumer, against a bare COPY of the same rows. */
export const ingest: Bench = {
  name: 'ingest',
  about: 'valid orders from Kafka until committed in PostgreSQL, against a bare COPY of the same rows',
  run,
};

async function run(context: BenchContext): Promise<BenchReport> {
  const count = knob('N', 400_000);
  const rounds = knob('ROUNDS', 3);
  const engines = await startEngines(context);
  const contents = { topic: 'orders', count, seed: SEED };
  await loadTopic(contents, engines, context);
  const expected = expectedOutcome(contents);
  const rows = await encodeTopic(engines.kafkaClients, contents.topic);
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const copied: Round[] = [];
  const drained: Round[] = [];
  // Round 0 warms everything up. The baseline comes last, too: what drifts meets both alike.
  for (let round = 0; round <= rounds; round++) {
    context.say(`round ${round} of ${rounds}`);
    const base = await copyRound(rows, expected, tables, engines, context);
    const ours = await drain({ ...contents, expected }, tables, engines, context);
    if (round > 0) copied.push(base);
    if (round > 0) drained.push(ours);
  }
  copied.push(await copyRound(rows, expected, tables, engines, context));
  const baseline = summarize(copied);
  const result = summarize(drained);
  context.shared.drainRate = result.rate.median;
  const ratio = result.rate.median / baseline.rate.median;
  return {
    tables: [
      roundsTable(`${count} orders, ${expected.items} items, ${rounds} rounds`, [
        ['bare COPY', baseline],
        ['ingest', result],
      ]),
    ],
    data: {
      count,
      items: expected.items,
      versions: engines.versions,
      ratio,
      baseline,
      result,
      copied,
      drained,
    },
    lines: [`ingest ratio ${ratio.toFixed(2)}`],
  };
}

async function copyRound(
  rows: EncodedRows,
  expected: OrderCounts,
  tables: OrderTables,
  engines: BenchEngines,
  { signal }: BenchContext,
): Promise<Round> {
  throwIfAborted(signal);
  await tables.reset();
  const before = cpuNow(process.pid, engines);
  const started = performance.now();
  await copyRows(tables.sql, rows);
  const ms = performance.now() - started;
  const after = cpuNow(process.pid, engines);
  await tables.verify(expected, 'the bare COPY');
  return roundOf(expected.orders, ms, before, after);
}
