import { STANDARD_TIME_SCALE } from '../src/producer/life.ts';
import { LifePlan, STANDARD_LIVES } from '../src/producer/life-table.ts';
import { createSource } from '../src/producer/source.ts';
import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import type { Round } from './lib/drain.ts';
import { startEngines } from './lib/engines.ts';
import { roundsTable, summarize } from './lib/rounds.ts';
import { SEED, sendAll } from './produce.ts';

/** Sending the steps of lives, against sending as many plain orders. */
export const life: Bench = {
  name: 'life',
  about: 'messages per second of `produce --life on`, against as many of plain `produce`',
  run,
};

async function run(context: BenchContext): Promise<BenchReport> {
  const orders = knob('N', 80_000);
  const rounds = knob('ROUNDS', 3);
  const engines = await startEngines(context);
  const messages = countMessages(orders);
  const measured: Record<'plain' | 'life', Round[]> = { plain: [], life: [] };
  // Round 0 warms the broker up.
  for (let round = 0; round <= rounds; round++) {
    context.say(`round ${round} of ${rounds}`);
    for (const kind of ['plain', 'life'] as const) {
      const options = kind === 'life' ? ['--count', String(orders), '--life', 'on'] : ['--count', String(messages)];
      const one = await sendAll({ kind: { codec: 'none', options } }, `${kind}-${round}`, messages, engines, context);
      if (round > 0) measured[kind].push(one);
    }
  }
  const plain = summarize(measured.plain);
  const result = summarize(measured.life);
  const ratio = result.rate.median / plain.rate.median;
  return {
    tables: [
      roundsTable(`${messages} messages of ${orders} orders, acks=all, ${rounds} rounds`, [
        ['produce', plain],
        ['produce --life on', result],
      ]),
    ],
    data: { orders, messages, versions: engines.versions, ratio, plain, result, measured },
    lines: [`life messages_per_order ${(messages / orders).toFixed(2)}`, `life ratio ${ratio.toFixed(2)}`],
  };
}

function countMessages(orders: number): number {
  const lives = { plan: new LifePlan(STANDARD_LIVES), timeScale: STANDARD_TIME_SCALE };
  const source = createSource({ seed: SEED, count: orders, lives });
  let messages = 0;
  for (let some = source.take(1_000); some.length > 0; some = source.take(1_000)) messages += some.length;
  return messages;
}
