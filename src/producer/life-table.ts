import { readFileSync } from 'node:fs';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError, messageOf } from '../lib/app-error.ts';
import { violationsOf } from '../lib/violations.ts';
import { type ItemState, isItemState } from '../order/states.ts';
import standardTable from './data/lives.json' with { type: 'json' };
import { type Random, TWO_32 } from './random.ts';

/** Which state may follow which. There is no way round in it, so that every life has an end. */
export const NEXT_STATES = {
  placed: ['payment_failed', 'cancelled_by_customer', 'cancelled_by_seller', 'paid'],
  payment_failed: ['cancelled_by_customer', 'paid'],
  paid: ['cancelled_by_customer', 'cancelled_by_seller', 'out_of_stock', 'assembled'],
  assembled: ['cancelled_by_customer', 'cancelled_by_seller', 'handed_over'],
  handed_over: ['returned', 'delivered'],
  delivered: ['returned'],
  returned: ['refunded'],
} as const satisfies Partial<Record<ItemState, readonly ItemState[]>>;

const strict = { additionalProperties: false } as const;
const share = Type.Number({ minimum: 0, maximum: 1 });
const factor = Type.Number({ minimum: 0, maximum: 100 });
const Way = Type.Object(
  {
    share: Type.Optional(share),
    hours: Type.Number({ minimum: 0.001, maximum: 10_000 }),
    spread: Type.Number({ minimum: 0, maximum: 2 }),
  },
  strict,
);
const Steps = Type.Object(
  Object.fromEntries(
    Object.entries(NEXT_STATES).map(([from, next]) => [
      from,
      Type.Optional(Type.Object(Object.fromEntries(next.map((to) => [to, Type.Optional(Way)])), strict)),
    ]),
  ),
  strict,
);

/**
 * How orders live.
 * - `steps`: by state, where its orders go. `share`: of them, 0..1; the way without one takes all others, and where there
 *   is none they stay. `hours`: median time until then. `spread`: standard deviation of its natural logarithm.
 * - `oneMissing`: share of the orders of several items that are assembled without one that is out of stock.
 * - `returnedInPart`: share of the returns that bring back only some items.
 * - `markets`, by locale: factors of the hours until the delivery, and of the shares of cancellations and returns.
 */
const LifeTableSchema = Type.Object(
  {
    steps: Steps,
    oneMissing: share,
    returnedInPart: share,
    markets: Type.Record(
      Type.String(),
      Type.Object({ delivery: factor, cancellations: factor, returns: factor }, strict),
    ),
  },
  strict,
);

export type LifeTable = Static<typeof LifeTableSchema>;

const schema = Compile(LifeTableSchema);

/** The table that holds where no other is given. */
export const STANDARD_LIVES: LifeTable = standardTable;

/** Reads a table from a JSON file; '' is the standard one. @throws AppError `usage` that names everything wrong with it */
export function readLifeTable(path: string): LifeTable {
  if (path === '') return STANDARD_LIVES;
  const wrong = (what: string, cause?: unknown): AppError =>
    new AppError('usage', `the table of lives ${path}: ${what}`, { cause });
  let table: unknown;
  try {
    table = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw wrong(messageOf(error), error);
  }
  if (!schema.Check(table)) {
    const all = violationsOf(schema.Errors(table)).map(({ pointer, message }) => `${pointer || '/'} ${message}`);
    throw wrong(all.join('; '));
  }
  const problems = Object.entries(table.steps).flatMap(([from, ways = {}]) => problemsOf(from, Object.values(ways)));
  if (problems.length > 0) throw wrong(problems.join('; '));
  return table;
}

function problemsOf(from: string, ways: readonly (Static<typeof Way> | undefined)[]): string[] {
  const sum = ways.reduce((total, way) => total + (way?.share ?? 0), 0);
  const rest = ways.filter((way) => way !== undefined && way.share === undefined).length;
  return [
    ...(sum > 1 + 1e-9 ? [`/steps/${from} has shares of ${sum} together, more than 1`] : []),
    ...(rest > 1 ? [`/steps/${from} has ${rest} ways without a share, and one can take the rest`] : []),
  ];
}

/** A state, and where the orders of a market go from there. */
export interface Stage {
  readonly state: ItemState;
  readonly ways: readonly {
    /** Among the ways of the stage it is the first whose limit is above a draw of 32 bits. */
    readonly limit: number;
    /** Median of the time until then, ms, and the standard deviation of its logarithm to base 2. */
    readonly ms: number;
    readonly spread: number;
    readonly to: Stage;
  }[];
  /** Longest time from here to the end of a life, ms. */
  readonly longestMs: number;
}

const HOUR_MS = 3_600_000;
/** How many standard deviations a drawn time is from its median at most. */
const MOST_DEVIATIONS = 2 * Math.sqrt(3);

/** A table as lives are drawn from it: for a market's locale the stage they begin with. */
export class LifePlan {
  readonly #table: LifeTable;
  readonly #first = new Map<string, Stage>();
  /** By state and locale. */
  readonly #stages = new Map<string, Stage>();

  constructor(table: LifeTable) {
    this.#table = table;
  }

  get oneMissing(): number {
    return this.#table.oneMissing;
  }

  get returnedInPart(): number {
    return this.#table.returnedInPart;
  }

  /** No life of any market lasts longer, ms. */
  get longestMs(): number {
    return Math.max(...['', ...Object.keys(this.#table.markets)].map((locale) => this.firstStage(locale).longestMs));
  }

  firstStage(locale: string): Stage {
    let first = this.#first.get(locale);
    if (first === undefined) {
      first = this.#stage('placed', locale);
      this.#first.set(locale, first);
    }
    return first;
  }

  #stage(state: ItemState, locale: string): Stage {
    const key = `${state} ${locale}`;
    const known = this.#stages.get(key);
    if (known !== undefined) return known;
    const { delivery = 1, cancellations = 1, returns = 1 } = this.#table.markets[locale] ?? {};
    const factors: Partial<Record<ItemState, number>> = {
      cancelled_by_customer: cancellations,
      cancelled_by_seller: cancellations,
      returned: returns,
    };
    let sum = 0;
    const ways: Stage['ways'][number][] = [];
    // The way that takes the rest comes last.
    for (const [to, way] of waysFrom(this.#table, state).sort(
      ([, a], [, b]) => Number(a.share === undefined) - Number(b.share === undefined),
    )) {
      sum += way.share === undefined ? 1 : way.share * (factors[to] ?? 1);
      const ms = way.hours * HOUR_MS * (to === 'delivered' ? delivery : 1);
      ways.push({ limit: Math.min(sum, 1) * TWO_32, ms, spread: way.spread * Math.LOG2E, to: this.#stage(to, locale) });
    }
    const lengths = ways.map(({ ms, spread, to }) => ms * power2(spread * MOST_DEVIATIONS) + to.longestMs);
    const stage = { state, ways, longestMs: Math.max(0, ...lengths) };
    this.#stages.set(key, stage);
    return stage;
  }
}

function waysFrom({ steps }: LifeTable, state: ItemState): [ItemState, Static<typeof Way>][] {
  return Object.entries(steps[state] ?? {}).flatMap(([to, way]) => (way && isItemState(to) ? [[to, way]] : []));
}

/** A time of a log-normal law with that median, whose logarithm to base 2 has that standard deviation. */
export function drawTime(random: Random, ms: number, spread: number): number {
  // The sum of four numbers of 0..65 535 is close to a normal law, and has bounds.
  const one = random.bits();
  const other = random.bits();
  const sum = (one >>> 16) + (one & 0xffff) + (other >>> 16) + (other & 0xffff);
  return ms * power2(spread * (sum / 65_536 - 2) * Math.sqrt(3));
}

const FRACTIONS = 256;
/** 2^(n/256), of square roots and products, which are exact to the last bit everywhere; a power is not. */
const POWERS = Float64Array.from({ length: FRACTIONS + 1 }, (_, at) => {
  let root = 2;
  let product = at === FRACTIONS ? 2 : 1;
  for (let bit = FRACTIONS / 2; bit >= 1; bit /= 2) {
    root = Math.sqrt(root);
    if ((at & bit) !== 0 && at !== FRACTIONS) product *= root;
  }
  return product;
});

/** 2^x, the same on every machine. */
function power2(x: number): number {
  const whole = Math.floor(x);
  const at = (x - whole) * FRACTIONS;
  const low = Math.floor(at);
  const from = POWERS[low] ?? 1;
  let power = from + ((POWERS[low + 1] ?? 2) - from) * (at - low);
  for (let left = Math.abs(whole); left > 0; left -= 1) power *= whole > 0 ? 2 : 0.5;
  return power;
}
