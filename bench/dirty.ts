import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { drain, type Round } from './lib/drain.ts';
import { startEngines } from './lib/engines.ts';
import { expectedOutcome, loadTopic, type TopicContents } from './lib/load-topic.ts';
import { OrderTables } from './lib/order-tables.ts';
import { roundsTable, summarize } from './lib/rounds.ts';

const SEED = 2;
/** 1 % bad, 5 % sent again, 5 % sent again with other contents. */
const FAULTS = [
  'malformed=0.2%,unknown_field=0.2%,type_mismatch=0.1%,sums_mismatch=0.2%,future_date=0.1%,nul=0.1%,surrogate=0.1%',
  'duplicate=5%,changed=5%',
].join(',');

/** The same drain with bad, repeated and changed orders among the good ones. */
export const dirty: Bench = {
  name: 'dirty',
  about: '1 % bad, 5 % duplicate and 5 % changed orders, against valid ones',
  run,
};

async function run(context: BenchContext): Promise<BenchReport> {
  const count = knob('N', 400_000);
  const rounds = knob('ROUNDS', 3);
  const engines = await startEngines(context);
  const contents: Record<'clean' | 'dirty', TopicContents> = {
    clean: { topic: 'clean', count, seed: SEED },
    dirty: { topic: 'dirty', count, seed: SEED, faults: FAULTS },
  };
  await loadTopic(contents.clean, engines, context);
  await loadTopic(contents.dirty, engines, context);
  const expected = { clean: expectedOutcome(contents.clean), dirty: expectedOutcome(contents.dirty) };
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const measured: Record<'clean' | 'dirty', Round[]> = { clean: [], dirty: [] };
  // Round 0 warms everything up.
  for (let round = 0; round <= rounds; round++) {
    context.say(`round ${round} of ${rounds}`);
    for (const kind of ['clean', 'dirty'] as const) {
      const task = { ...contents[kind], expected: expected[kind] };
      const one = await drain(task, tables, engines, context);
      if (round > 0) measured[kind].push(one);
    }
  }
  const baseline = summarize(measured.clean);
  const result = summarize(measured.dirty);
  const ratio = result.rate.median / baseline.rate.median;
  const { orders, deadLetters } = expected.dirty;
  const title = `${count} messages: ${orders} orders, ${deadLetters} dead letters, ${rounds} rounds`;
  return {
    tables: [
      roundsTable(title, [
        ['clean', baseline],
        ['dirty', result],
      ]),
    ],
    data: { count, faults: FAULTS, expected, versions: engines.versions, ratio, baseline, result, measured },
    lines: [`dirty ratio ${ratio.toFixed(2)}`],
  };
}
