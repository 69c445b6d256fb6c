import { createHistogram } from 'node:perf_hooks';

const LONGEST_US = 600_000_000;

export interface LatencySummary {
  readonly samples: number;
  /** ms. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Latencies in an HDR histogram: three significant digits over the whole range, whatever the values are. */
export class Latencies {
  readonly #histogram = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 });

  add(ms: number): void {
    this.#histogram.record(Math.min(LONGEST_US, Math.max(1, Math.round(ms * 1000))));
  }

  summary(): LatencySummary {
    const ms = (percentile: number): number => this.#histogram.percentile(percentile) / 1000;
    const { count, max } = this.#histogram;
    return { samples: count, p50: ms(50), p99: ms(99), p999: ms(99.9), max: max / 1000 };
  }
}
