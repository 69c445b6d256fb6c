import type { LiveSample } from '../../client/schema.generated.ts';
import { FIGURE_NAMES, FIGURES, type FigureName } from './figures.ts';

/** An hour of seconds. */
const KEPT = 3_600;
/** How many rows beyond the hour are kept before the oldest are dropped together. */
const SLACK = 600;
const MOST_PARTITIONS = 64;

/**
 * The last hour in columns of numbers, so that the size of a sample is bounded. Of a topic with very many partitions
 * those furthest behind have a column; when one replaces another, its column begins there.
 */
export class LivePoints {
  readonly #at = column();
  readonly #figures: ReadonlyMap<FigureName, Column> = new Map(FIGURE_NAMES.map((name) => [name, column()]));
  readonly #partitions = new Map<number, Column>();
  #count = 0;

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

  /** The last so many seconds, in a few hundred points at most. */
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
    for (const [name, values] of this.#figures) values[row] = FIGURES[name].of(sample) ?? Number.NaN;
    for (const { partition, lag } of sample.topic?.partitions ?? []) {
      const lags = this.#columnOf(partition, lag, row);
      if (lags !== undefined) lags[row] = lag;
    }
  }

  /** Undefined when all columns are taken by partitions further behind. */
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
    const columns = [this.#at, ...this.#figures.values(), ...this.#partitions.values()];
    for (const one of columns) {
      one.copyWithin(0, SLACK);
      one.fill(Number.NaN, KEPT);
    }
    this.#count = KEPT;
    for (const [partition, lags] of this.#partitions) if (lags.every(Number.isNaN)) this.#partitions.delete(partition);
  }
}

function column(): Column {
  return new Float64Array(KEPT + SLACK).fill(Number.NaN);
}

/** Numbers by row, oldest first; NaN where the value is unknown. */
type Column = Float64Array;

/** All rows, of which the first `count` are used. */
interface Rows {
  readonly at: Column;
  readonly figures: ReadonlyMap<FigureName, Column>;
  /** Lag by partition. */
  readonly partitions: ReadonlyMap<number, Column>;
  readonly count: number;
}

/** A line of a chart: a value for each point; null where it is unknown. */
type Line = (number | null)[];

/** How far partitions are behind: those furthest behind each on their own, and the others together. */
interface PartitionLines {
  readonly named: readonly { readonly partition: number; readonly line: Line }[];
  /** Undefined when every partition has its own line. */
  readonly rest: Line | undefined;
}

/** In a chart, more points than this can't be told apart. */
const MOST_DRAWN = 450;
const STEPS_S = [2, 5, 10, 30, 60];

/** The last part of the history. Where there are more rows than can be seen, several make one point. */
export class PointWindow {
  /** Unix seconds, of each point. */
  readonly at: number[] = [];
  readonly #rows: Rows;
  /** Row where each point begins, and where the last one ends. */
  readonly #bounds: number[] = [];

  constructor(rows: Rows, seconds: number) {
    this.#rows = rows;
    const { at, count } = rows;
    const from = rowAfter(at, count, (at[count - 1] ?? 0) - seconds);
    const step = seconds <= MOST_DRAWN ? 0 : (STEPS_S.find((one) => seconds / one <= MOST_DRAWN) ?? 60);
    let last = Number.NaN;
    for (let row = from; row < count; row++) {
      const time = at[row] ?? 0;
      // Aligned to the clock, so that a point stays the same when the window moves.
      const place = step === 0 ? row : Math.floor(time / step);
      if (place === last) this.at[this.at.length - 1] = time;
      else {
        this.at.push(time);
        this.#bounds.push(row);
      }
      last = place;
    }
    this.#bounds.push(count);
  }

  line(figure: FigureName): Line {
    const values = this.#rows.figures.get(figure);
    return values === undefined ? [] : this.#draw(values, FIGURES[figure].worst === true);
  }

  /** At most `most` lines by partition, including the one of the rest. */
  partitions(most: number): PartitionLines {
    const lines = [...this.#rows.partitions].map(([partition, lags]) => {
      const line = this.#draw(lags, true);
      return { partition, line, worst: line.reduce<number>((worst, lag) => Math.max(worst, lag ?? 0), 0) };
    });
    const own = lines.length <= most ? most : most - 1;
    const named = lines
      .toSorted((a, b) => b.worst - a.worst || a.partition - b.partition)
      .slice(0, own)
      .map(({ partition, line }) => ({ partition, line }))
      .sort((a, b) => a.partition - b.partition);
    if (named.length === lines.length) return { named, rest: undefined };
    const rest = this.line('lag').map((all, at) =>
      all === null ? null : Math.max(0, all - named.reduce((sum, { line }) => sum + (line[at] ?? 0), 0)),
    );
    return { named, rest };
  }

  #draw(values: Column, worst: boolean): Line {
    return this.at.map((_, point) => {
      const to = this.#bounds[point + 1] ?? 0;
      let [sum, known, largest] = [0, 0, 0];
      for (let row = this.#bounds[point] ?? to; row < to; row++) {
        const value = values[row];
        if (value === undefined || Number.isNaN(value)) continue;
        known += 1;
        sum += value;
        if (value > largest) largest = value;
      }
      if (known === 0) return null;
      return worst ? largest : sum / known;
    });
  }
}

/** The first row after that time; rows are in order. */
function rowAfter(at: Column, count: number, time: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
