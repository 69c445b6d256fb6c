import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { drain, type Round } from './lib/drain.ts';
import { startEngines } from './lib/engines.ts';
import { expectedOutcome, loadTopic } from './lib/load-topic.ts';
import { OrderTables } from './lib/order-tables.ts';
import { roundsTable, summarize } from './lib/rounds.ts';

const SEED = 7;

/** Two versions of the service on the same work, in turn: noise meets both. */
export const compare: Bench = {
  name: 'compare',
  about: 'ingest by this work tree, against that by the one OTHER names',
  run,
};

async function run(context: BenchContext): Promise<BenchReport> {
  const other = process.env['OTHER'];
  if (other === undefined || other === '') throw new Error('OTHER must name a work tree with its packages installed');
  const count = knob('N', 400_000);
  const rounds = knob('ROUNDS', 3);
  const engines = await startEngines(context);
  const contents = { topic: 'orders', count, seed: SEED };
  await loadTopic(contents, engines, context);
  const task = { ...contents, expected: expectedOutcome(contents) };
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const theirs: Round[] = [];
  const ours: Round[] = [];
  // Round 0 warms everything up.
  for (let round = 0; round <= rounds; round++) {
    context.say(`round ${round} of ${rounds}`);
    const before = await drain({ ...task, root: other }, tables, engines, context);
    const after = await drain(task, tables, engines, context);
    if (round > 0) theirs.push(before);
    if (round > 0) ours.push(after);
  }
  const baseline = summarize(theirs);
  const result = summarize(ours);
  const rate = result.rate.median / baseline.rate.median;
  const cpu = result.cpu.client / baseline.cpu.client;
  return {
    tables: [
      roundsTable(`${count} orders, ${rounds} rounds`, [
        ['other', baseline],
        ['this', result],
      ]),
    ],
    data: { count, other, versions: engines.versions, baseline, result, theirs, ours },
    lines: [`compare cpu ratio ${cpu.toFixed(2)}`, `compare rate ratio ${rate.toFixed(2)}`],
  };
}
