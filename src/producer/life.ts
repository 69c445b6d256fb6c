import type { ItemState } from '../order/states.ts';
import { drawCustomerRank, marketAt } from './customers.ts';
import { drawTime, type LifePlan, type Stage } from './life-table.ts';
import { Random, TWO_32 } from './random.ts';

const STREAM = 0x6c6966;

/** Two hours a second: some orders are delivered within seconds, most of them within a minute. */
export const STANDARD_TIME_SCALE = 7_200;

/** How the lives of a run are drawn. */
export interface LifeOptions {
  readonly plan: LifePlan;
  /** How many times faster than the table says orders live. */
  readonly timeScale: number;
}

/**
 * The life of the order of (seed, index), stage by stage: it depends on nothing but these and the plan. One is reused
 * for all orders.
 */
export class Life {
  readonly #random = new Random();
  readonly #ranks = new Random();
  readonly #plan: LifePlan;
  readonly #timeScale: number;
  #stage: Stage;
  /** Stages behind it: 0 when it is placed. */
  step = 0;
  /** From the order's birth to the payment, ms; undefined before it. */
  paidAfterMs: number | undefined;
  #ageMs = 0;
  #part = 0;
  #oneMissing = false;
  #inPart = false;
  #assembled = false;

  constructor({ plan, timeScale }: LifeOptions) {
    this.#plan = plan;
    this.#timeScale = timeScale;
    this.#stage = plan.firstStage('');
  }

  get state(): ItemState {
    return this.#stage.state;
  }

  /** Goes to the birth of an order. */
  begin(seed: number, index: number): void {
    this.#ranks.reset(seed, index, 0);
    this.#stage = this.#plan.firstStage(marketAt(seed, drawCustomerRank(this.#ranks)).locale);
    const random = this.#random;
    random.reset(seed, index, STREAM);
    this.#part = random.bits();
    this.#oneMissing = random.bits() >>> 0 < this.#plan.oneMissing * TWO_32;
    this.#inPart = random.bits() >>> 0 < this.#plan.returnedInPart * TWO_32;
    this.step = 0;
    this.paidAfterMs = undefined;
    this.#ageMs = 0;
    this.#assembled = false;
  }

  /** Goes on to the next stage. The time until then, ms; undefined when there is none and it stays where it is. */
  advance(): number | undefined {
    const draw = this.#random.bits() >>> 0;
    for (const { limit, ms, spread, to } of this.#stage.ways) {
      if (draw >= limit) continue;
      const wait = drawTime(this.#random, ms, spread) / this.#timeScale;
      // A return is in part only of what was delivered.
      if (to.state === 'returned' && this.#stage.state !== 'delivered') this.#inPart = false;
      if (to.state === 'assembled') this.#assembled = true;
      this.#stage = to;
      this.step += 1;
      this.#ageMs += wait;
      if (to.state === 'paid') this.paidAfterMs = this.#ageMs;
      return wait;
    }
    return undefined;
  }

  /** The state of the item at a position, 0 the first, of an order of so many. */
  itemState(at: number, count: number): ItemState {
    const { state } = this.#stage;
    if (count === 1) return state;
    const chosen = (this.#part >>> 0) % count;
    if (this.#assembled && this.#oneMissing && at === chosen) return 'out_of_stock';
    const back = state === 'returned' || state === 'refunded';
    // At least one comes back and one stays, as long as none was missing.
    return back && this.#inPart && at !== (chosen + 1) % count ? 'delivered' : state;
  }
}
