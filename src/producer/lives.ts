import type { ItemState } from '../order/states.ts';
import { Life, type LifeOptions } from './life.ts';
import { OpenOrders } from './open-orders.ts';

/** A message that sends an order again, because its life has gone on. */
export interface LifeStep {
  readonly index: number;
  /** From 1; at step 0 the order is placed. */
  readonly step: number;
  readonly state: ItemState;
}

/** Makes a message of an order as it is at this point of its life. */
export type DrawStep<T> = (index: number, createdAtMs: number, life: Life) => T;

/** The lives of a run's orders that are not over, all times in ms of its timeline. */
export class Lives {
  readonly #seed: number;
  #life: Life;
  #open = new OpenOrders();

  constructor(seed: number, options: LifeOptions) {
    this.#seed = seed;
    this.#life = new Life(options);
  }

  /** Orders whose life goes on. */
  get open(): number {
    return this.#open.size;
  }

  /** When the next step is due; infinite when there is none. */
  get nextAtMs(): number {
    return this.#open.atMs;
  }

  /** From now on lives are drawn in this way; what is due next of each stays so. */
  setOptions(options: LifeOptions): void {
    this.#life = new Life(options);
  }

  /** An order's life begins. */
  begin<T>(index: number, createdAtMs: number, atMs: number, draw: DrawStep<T>): T {
    this.#life.begin(this.#seed, index);
    const message = draw(index, createdAtMs, this.#life);
    const waitMs = this.#life.advance();
    if (waitMs !== undefined) this.#open.add(atMs + waitMs, index, 1, createdAtMs);
    return message;
  }

  /** The step that is due next; there must be one. */
  takeStep<T>(draw: DrawStep<T>): T {
    const open = this.#open;
    const { atMs, index, step, createdAtMs } = open;
    const life = this.#life;
    life.begin(this.#seed, index);
    while (life.step < step && life.advance() !== undefined);
    const message = draw(index, createdAtMs, life);
    const waitMs = life.advance();
    if (waitMs === undefined) open.remove();
    else open.putOff(atMs + waitMs);
    return message;
  }

  /** Where the life of an order that was born then is now; valid until the next call. */
  lifeAt(index: number, bornAtMs: number, nowMs: number): Life {
    const { step } = this.#walk(index, bornAtMs, nowMs);
    this.#life.begin(this.#seed, index);
    while (this.#life.step < step) this.#life.advance();
    return this.#life;
  }

  /** An order that was born earlier lives on. */
  resume(index: number, createdAtMs: number, bornAtMs: number, nowMs: number): void {
    const { step, nextAtMs } = this.#walk(index, bornAtMs, nowMs);
    if (nextAtMs !== undefined) this.#open.add(nextAtMs, index, step + 1, createdAtMs);
  }

  copy(options: LifeOptions): Lives {
    const copy = new Lives(this.#seed, options);
    copy.#open = this.#open.copy();
    return copy;
  }

  /** How many steps of a life are done by now, and when the next is due. */
  #walk(index: number, bornAtMs: number, nowMs: number): { step: number; nextAtMs: number | undefined } {
    const life = this.#life;
    life.begin(this.#seed, index);
    let atMs = bornAtMs;
    for (let step = 0; ; step += 1) {
      const waitMs = life.advance();
      if (waitMs === undefined) return { step, nextAtMs: undefined };
      atMs += waitMs;
      if (atMs > nowMs) return { step, nextAtMs: atMs };
    }
  }
}
