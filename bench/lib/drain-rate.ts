import { type BenchContext, knob } from './bench.ts';
import { drain } from './drain.ts';
import type { BenchEngines } from './engines.ts';
import { expectedOutcome, loadTopic } from './load-topic.ts';
import type { OrderTables } from './order-tables.ts';

/** Orders per second: RATE, or what the ingest bench of this run has found, or a drain of its own. */
export async function findDrainRate(
  engines: BenchEngines,
  tables: OrderTables,
  context: BenchContext,
): Promise<number> {
  const known = knob('RATE', context.shared.drainRate ?? 0);
  if (known > 0) return known;
  const contents = { topic: 'drain', count: knob('N', 400_000), seed: 4 };
  await loadTopic(contents, engines, context);
  const task = { ...contents, expected: expectedOutcome(contents) };
  // The first is slower: everything is cold.
  await drain(task, tables, engines, context);
  return (await drain(task, tables, engines, context)).rate;
}
