import type { LiveSample } from '../../client/schema.generated.ts';
import { type Column, FIGURES, type Figure, PointWindow } from './point-window.ts';

/** An hour of seconds. */
const KEPT = 3_600;
/** Rows beyond the hour before the oldest are dropped, so that this is not done for each. */
const SLACK = 600;
const MOST_PARTITIONS = 64;

/**
 * The last hour in columns of numbers: what a sample takes does not depend on how much it says. Of a topic with very many partitions
 * those furthest behind have a column; one that comes in for another begins where it came in.
 */
export class LivePoints {
  readonly #at = column();
  readonly #figures: Readonly<Record<Figure, Column>>;
  readonly #partitions = new Map<number, Column>();
  #count = 0;

  constructor() {
    this.#figures = byFigure(column);
  }

  get count(): number {
    return this.#count;
  }

  /** Adds what is newer than the last row. */
  add(samples: readonly LiveSample[]): void {
    for (const sample of samples) {
      const last = this.#count === 0 ? 0 : (this.#at[this.#count - 1] ?? 0);
      const at = Date.parse(sample.at) / 1000;
      if (at > last) this.#append(at, sample);
    }
  }

  /** The last so many seconds, in no more than some hundred points. */
  window(seconds: number): PointWindow {
    return new PointWindow(
      { at: this.#at, figures: this.#figures, partitions: this.#partitions, count: this.#count },
      seconds,
    );
  }

  #append(at: number, sample: LiveSample): void {
    if (this.#count === KEPT + SLACK) this.#dropOldest();
    const row = this.#count++;
    this.#at[row] = at;
    const values = figuresOf(sample);
    for (const figure of FIGURES) this.#figures[figure][row] = values[figure] ?? Number.NaN;
    for (const { partition, lag } of sample.topic?.partitions ?? []) {
      const lags = this.#columnOf(partition, lag, row);
      if (lags !== undefined) lags[row] = lag;
    }
  }

  /** Undefined when all columns belong to partitions that are further behind. */
  #columnOf(partition: number, lag: number, row: number): Column | undefined {
    const known = this.#partitions.get(partition);
    if (known !== undefined) return known;
    if (this.#partitions.size >= MOST_PARTITIONS) {
      const lagOf = (lags: Column): number => Math.max(lags[row] || 0, lags[row - 1] || 0);
      const [least] = [...this.#partitions].sort(([, a], [, b]) => lagOf(a) - lagOf(b));
      if (least === undefined || lagOf(least[1]) >= lag) return undefined;
      this.#partitions.delete(least[0]);
    }
    const made = column();
    this.#partitions.set(partition, made);
    return made;
  }

  #dropOldest(): void {
    const columns = [this.#at, ...Object.values(this.#figures), ...this.#partitions.values()];
    for (const one of columns) {
      one.copyWithin(0, SLACK);
      one.fill(Number.NaN, KEPT);
    }
    this.#count = KEPT;
    for (const [partition, lags] of this.#partitions)
      if (lags.every(Number.isNaN)) this.#partitions.delete(partition);
  }
}

function column(): Column {
  return new Float64Array(KEPT + SLACK).fill(Number.NaN);
}

function byFigure<T>(make: () => T): Record<Figure, T> {
  return {
    produced: make(),
    stored: make(),
    deadLettered: make(),
    lag: make(),
    p50: make(),
    p99: make(),
    l1: make(),
    redis: make(),
    postgresql: make(),
    clientErrors: make(),
    serverErrors: make(),
  };
}

/** What a sample says of each figure; undefined where nothing is known. */
function figuresOf({ topic, consumer, lookups, http }: LiveSample): Record<Figure, number | undefined> {
  return {
    produced: topic?.arrived_per_s,
    stored: topic?.stored_per_s,
    deadLettered: topic?.dead_lettered_per_s,
    lag: topic?.lag,
    p50: consumer?.readable_ms?.p50,
    p99: consumer?.readable_ms?.p99,
    l1: lookups.l1_per_s,
    redis: lookups.redis_per_s,
    postgresql: lookups.postgresql_per_s,
    clientErrors: http['4xx_per_s'],
    serverErrors: http['5xx_per_s'],
  };
}
