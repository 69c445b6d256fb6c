/** What is kept of each sample, beside the lag of each partition. */
export const FIGURES = [
  'produced',
  'stored',
  'deadLettered',
  'lag',
  'p50',
  'p99',
  'l1',
  'redis',
  'postgresql',
  'clientErrors',
  'serverErrors',
] as const;

export type Figure = (typeof FIGURES)[number];

/** Numbers by row, oldest first; NaN where nothing is known. */
export type Column = Float64Array;

/** All rows there are, of which the first `count` count. */
export interface Rows {
  readonly at: Column;
  readonly figures: Readonly<Record<Figure, Column>>;
  /** Lag by partition. */
  readonly partitions: ReadonlyMap<number, Column>;
  readonly count: number;
}

/** A line of a chart: a value for each point; null where nothing is known. */
export type Line = (number | null)[];

/** How far each partition is behind: those furthest behind by number, and what the others are together. */
export interface PartitionLines {
  readonly named: readonly { readonly partition: number; readonly line: Line }[];
  /** Undefined when all have a line of their own. */
  readonly rest: Line | undefined;
}

/** More points than that can't be told from one another in a chart. */
const MOST_DRAWN = 450;
const STEPS_S = [2, 5, 10, 30, 60];

/** Of these a coarser point has the largest; of rates it has the mean. */
const WORST: ReadonlySet<Figure> = new Set(['lag', 'p50', 'p99']);

/** A span of the history up to its end, of which several rows make one point where there are more than can be seen. */
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
      // By the clock, so that a point stays what it was when the window moves on.
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

  line(figure: Figure): Line {
    return this.#draw(this.#rows.figures[figure], WORST.has(figure));
  }

  /** At most `most` lines, the rest among them; by partition. */
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

/** The first row that is later; they are in order. */
function rowAfter(at: Column, count: number, time: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
