import type { VerifyReport } from '../src/contract/verification.ts';
import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { type AppSettings, Child } from './lib/child.ts';
import { type CpuPerOrder, type Round, roundOf } from './lib/drain.ts';
import { type BenchEngines, startEngines } from './lib/engines.ts';
import { loadTopic, type TopicContents } from './lib/load-topic.ts';
import { OrderTables } from './lib/order-tables.ts';
import { cpuOf, cpuOfEndedChildren, cpuWithChildren } from './lib/proc.ts';
import { roundsTable, summarize } from './lib/rounds.ts';
import { SPELLINGS } from './spellings.ts';

const SEED = 9;

/** What is verified: generated orders, others' spellings of them, and orders that come twice or change. */
const INPUTS: readonly Omit<TopicContents, 'count' | 'seed'>[] = [
  { topic: 'own' },
  { topic: 'others', respell: SPELLINGS.all },
  { topic: 'again', faults: 'duplicate=5%,changed=5%,malformed=1%' },
];

/** The proof that nothing was lost, by this work tree and by the one OTHER names. */
export const verify: Bench = {
  name: 'verify',
  about:
    'the proof: each message held against PostgreSQL, in several spellings; OTHER names a work tree to compare with',
  run,
};

async function run(context: BenchContext): Promise<BenchReport> {
  const count = knob('N', 200_000);
  const rounds = knob('ROUNDS', 3);
  const other = process.env['OTHER'];
  const engines = await startEngines(context);
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const results: [string, ReturnType<typeof summarize>][] = [];
  const lines: string[] = [];
  const only = process.env['INPUT'];
  for (const input of INPUTS.filter(({ topic }) => only === undefined || topic === only)) {
    const contents = { ...input, count, seed: SEED };
    await loadTopic(contents, engines, context, 'at least');
    const { topic } = contents;
    const settings = { 'kafka.topic': topic, 'kafka.group': topic, 'kafka.deadLetterTopic': `${topic}.dead-letters` };
    context.say(`storing ${topic}`);
    const consumer = Child.app(engines, ['consume'], settings, context.resources);
    await proof(['--wait', '600'], settings, engines, context);
    await consumer.stop();
    await tables.sql.unsafe('vacuum analyze');
    await tables.sql.unsafe('checkpoint');
    const before: Round[] = [];
    const after: Round[] = [];
    // Round 0 warms everything up. Both take turns: noise meets them alike.
    for (let round = 0; round <= rounds; round++) {
      context.say(`${topic}: round ${round} of ${rounds}`);
      const theirs = other === undefined ? undefined : await proof([], settings, engines, context, other);
      const ours = await proof([], settings, engines, context);
      if (round === 0) continue;
      if (theirs !== undefined) before.push(theirs);
      after.push(ours);
    }
    const result = summarize(after);
    results.push([topic, result]);
    if (before.length === 0) continue;
    const baseline = summarize(before);
    results.push([`${topic}, other`, baseline]);
    lines.push(`verify ${topic} rate ratio ${(result.rate.median / baseline.rate.median).toFixed(2)}`);
  }
  return {
    tables: [roundsTable(`${count} orders, ${rounds} rounds`, results)],
    data: { count, other, versions: engines.versions, results: Object.fromEntries(results) },
    lines: [...results.map(([name, { rate }]) => `verify ${name} ${Math.round(rate.median)} messages/s`), ...lines],
  };
}

/** One verification, timed by itself, so that starting does not count. @throws unless all is well */
async function proof(
  options: readonly string[],
  settings: AppSettings,
  engines: BenchEngines,
  { resources }: BenchContext,
  root?: string,
): Promise<Round> {
  const before = cpu(engines);
  const child = Child.app(engines, ['verify', '--json', ...options], settings, resources, root);
  const report: VerifyReport = JSON.parse(await child.line());
  if (!report.ok) throw new Error(`not verified: ${JSON.stringify(report.findings.slice(0, 3))}`);
  await child.done();
  return roundOf(report.total.produced, report.seconds * 1000, before, cpu(engines));
}

function cpu({ pids }: BenchEngines): CpuPerOrder {
  return {
    client: cpuOfEndedChildren(process.pid),
    kafka: cpuOf(pids.kafka) ?? 0,
    postgresql: cpuWithChildren(pids.postgresql),
  };
}
