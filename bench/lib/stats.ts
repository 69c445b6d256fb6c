/** The middle of the values; the mean of the two middle ones when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Median, smallest and largest. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

export interface Trend {
  /** Units of y per unit of x. */
  readonly slope: number;
  /** Half the width of the slope's 95 % confidence interval. */
  readonly margin: number;
}

const BLOCKS = 20;
/** Student's t for 95 %, two-sided, BLOCKS − 2 degrees of freedom. */
const T_95 = 2.101;

/**
 * The line of least squares through (x, y). Samples that follow each other closely resemble each other, so the line
 * goes through the means of twenty blocks of them: those are independent enough for the interval to mean something.
 */
export function trend(points: ReadonlyArray<readonly [x: number, y: number]>): Trend | undefined {
  if (points.length < 2 * BLOCKS) return undefined;
  const blocks = Array.from({ length: BLOCKS }, (_, block) => {
    const from = Math.floor((block * points.length) / BLOCKS);
    const part = points.slice(from, Math.floor(((block + 1) * points.length) / BLOCKS));
    return [mean(part.map(([x]) => x)), mean(part.map(([, y]) => y))] as const;
  });
  const meanX = mean(blocks.map(([x]) => x));
  const meanY = mean(blocks.map(([, y]) => y));
  const sum = (of: (x: number, y: number) => number): number =>
    blocks.reduce((total, [x, y]) => total + of(x - meanX, y - meanY), 0);
  const xx = sum((x) => x * x);
  const slope = sum((x, y) => x * y) / xx;
  const residual = sum((x, y) => (y - slope * x) ** 2);
  return { slope, margin: T_95 * Math.sqrt(residual / (BLOCKS - 2) / xx) };
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
