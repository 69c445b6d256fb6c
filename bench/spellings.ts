import type { Order } from '../src/order/order.ts';
import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { drain, type Round } from './lib/drain.ts';
import { startEngines } from './lib/engines.ts';
import { expectedOutcome, loadTopic } from './lib/load-topic.ts';
import { OrderTables } from './lib/order-tables.ts';
import { roundsTable, summarize } from './lib/rounds.ts';

const SEED = 8;

/** Ways in which other programs write the same orders. */
export const SPELLINGS = {
  own: (order) => JSON.stringify(order),
  // As Python's json.dumps separates.
  spaces: (order) => spaced(order),
  members: (order) => JSON.stringify(shuffled(order)),
  escapes: (order) => ascii(JSON.stringify(order)),
  dates: (order) => JSON.stringify(dated(order)),
  all: (order) => ascii(spaced(shuffled(dated(order)))),
} satisfies Readonly<Record<string, (order: Order) => string>>;

/** The same drain with orders as other programs write them. */
export const spellings: Bench = {
  name: 'spellings',
  about: 'orders with white space, other orders of members, escapes and dates, against the generator’s own spelling',
  run,
};

async function run(context: BenchContext): Promise<BenchReport> {
  const count = knob('N', 200_000);
  const rounds = knob('ROUNDS', 3);
  const engines = await startEngines(context);
  const kinds = Object.entries(SPELLINGS).map(([name, respell]) => ({ name, topic: name, count, seed: SEED, respell }));
  for (const kind of kinds) await loadTopic(kind, engines, context);
  const expected = expectedOutcome({ topic: '', count, seed: SEED });
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const measured = new Map(kinds.map(({ name }): [string, Round[]] => [name, []]));
  // Round 0 warms everything up.
  for (let round = 0; round <= rounds; round++) {
    context.say(`round ${round} of ${rounds}`);
    for (const { name, topic } of kinds) {
      const one = await drain({ topic, count, expected }, tables, engines, context);
      if (round > 0) measured.get(name)?.push(one);
    }
  }
  const results = [...measured].map(([name, all]) => ({ name, result: summarize(all) }));
  const own = results[0]?.result;
  return {
    tables: [
      roundsTable(
        `${count} orders, ${rounds} rounds`,
        results.map(({ name, result }) => [name, result]),
      ),
    ],
    data: { count, versions: engines.versions, results, measured: Object.fromEntries(measured) },
    lines: results.slice(1).map(({ name, result }) => {
      const rate = result.rate.median / (own?.rate.median ?? Number.NaN);
      const cpu = result.cpu.client / (own?.cpu.client ?? Number.NaN);
      return `spellings ${name} ratio ${rate.toFixed(2)} client_cpu ${cpu.toFixed(2)}`;
    }),
  };
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}: ${spaced(member)}`)
    .join(', ')}}`;
}

/** Members in one of seven orders, by the length of the texts: not every message comes from the same program. */
function shuffled(order: Order): unknown {
  const turn = (order.delivery.name.length + order.delivery.address.length) % 7;
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turned);
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, member]) => [name, turned(member)] as const);
    const at = turn % members.length;
    return Object.fromEntries([...members.slice(at), ...members.slice(0, at)]);
  };
  return turned(order);
}

function ascii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** With a fraction, with the offset of Moscow, with both. */
function dated(order: Order): Order {
  const plain = order.date_created.slice(0, -1);
  const kind = order.payment.amount % 3;
  const zone = kind === 0 ? 'Z' : '+03:00';
  const fraction = kind === 1 ? '' : `.${String(order.payment.amount % 1_000_000).padStart(6, '0')}`;
  return { ...order, date_created: `${plain}${fraction}${zone}` };
}
