import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import {
  READ_FAILURES,
  READ_OUTCOMES,
  type ReadFailure,
  type ReadLatencies,
  type ReadOutcome,
  type StaleAnswer,
} from '../contract/reader.ts';
import { Distribution } from '../telemetry/distribution.ts';

const LONGEST_US = 600_000_000;
const MOST_STALE_KEPT = 20;
const SECONDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Latencies and failures of reads. HDR histograms: three significant digits over the whole range, of bounded size. */
export class ReadTally {
  readonly #latencies = tableOf(READ_OUTCOMES, newHistogram);
  /** The same for metrics, since the process started; s. */
  readonly distributions = tableOf(READ_OUTCOMES, () => new Distribution(SECONDS));
  readonly #recent = newHistogram();
  readonly failures = tableOf(READ_FAILURES, () => 0);
  readonly failureTexts: Partial<Record<ReadFailure, string>> = {};
  stale = 0;
  /** The latest of each order, newest first. */
  staleAnswers: readonly StaleAnswer[] = [];

  note(outcome: ReadOutcome, ms: number): void {
    const us = Math.min(LONGEST_US, Math.max(1, Math.round(ms * 1000)));
    this.#latencies[outcome].record(us);
    this.#recent.record(us);
    this.distributions[outcome].note(ms / 1000);
  }

  fail(kind: ReadFailure, text: string, count = 1): void {
    this.failures[kind] += count;
    this.failureTexts[kind] = text;
  }

  noteStale(answer: StaleAnswer): void {
    this.stale += 1;
    const others = this.staleAnswers.filter(({ uid }) => uid !== answer.uid);
    this.staleAnswers = [answer, ...others].slice(0, MOST_STALE_KEPT);
  }

  /** Forgets the latencies, but not what metrics count. */
  restart(): void {
    for (const histogram of Object.values(this.#latencies)) histogram.reset();
  }

  /** Of those outcomes that have occurred. */
  get latencies(): ReadLatencies[] {
    return READ_OUTCOMES.map((outcome) => ({ outcome, ...summaryOf(this.#latencies[outcome]) })).filter(
      ({ count }) => count > 0,
    );
  }

  /** Of all answers together. */
  get all(): Omit<ReadLatencies, 'outcome'> {
    const all = newHistogram();
    for (const histogram of Object.values(this.#latencies)) if (histogram.count > 0) all.add(histogram);
    return summaryOf(all);
  }

  /** How many answers there have been since the process started. */
  get answered(): number {
    return READ_OUTCOMES.reduce((sum, outcome) => sum + this.distributions[outcome].count, 0);
  }

  get failed(): number {
    return READ_FAILURES.reduce((sum, kind) => sum + this.failures[kind], 0);
  }

  /** Latencies since the last call, ms; undefined when there were none. */
  takeRecent(): Pick<ReadLatencies, 'count' | 'p50' | 'p99'> | undefined {
    const { count, p50, p99 } = summaryOf(this.#recent);
    this.#recent.reset();
    return count === 0 ? undefined : { count, p50, p99 };
  }
}

function newHistogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 });
}

function summaryOf(histogram: RecordableHistogram): Omit<ReadLatencies, 'outcome'> {
  const { count } = histogram;
  if (count === 0) return { count, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
  const { max } = histogram;
  // A percentile is the upper end of its bucket.
  const ms = (percentile: number): number => Math.min(max, histogram.percentile(percentile)) / 1000;
  return { count, p50: ms(50), p90: ms(90), p99: ms(99), p999: ms(99.9), max: max / 1000 };
}

function tableOf<K extends string, V>(keys: readonly K[], value: () => V): Record<K, V>;
function tableOf<V>(keys: readonly string[], value: () => V): Record<string, V> {
  return Object.fromEntries(keys.map((key) => [key, value()]));
}
