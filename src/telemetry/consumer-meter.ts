import { Distribution } from './distribution.ts';

/** A batch the consumer has committed. */
export interface StoredBatch {
  readonly records: number;
  readonly written: number;
  readonly unchanged: number;
  readonly changed: number;
  /** Orders of which another partition has a version, too. */
  readonly scattered: number;
  /** Why each of the rest became a dead letter. */
  readonly rejected: readonly string[];
  /** From the first decoded record to the commit, dead letters included. */
  readonly seconds: number;
  /** From production to the commit, of some of the orders: of first deliveries with believable clocks. */
  readonly agesMs: readonly number[];
  /** Orders left out of the ages, by reason. */
  readonly unmeasured: Readonly<Record<string, number>>;
}

const TRANSACTION_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];
const READABLE_SECONDS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300];
const BATCH_MESSAGES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000];
/** Ages kept for `takeAges`; older ones are dropped. */
const MAX_AGES = 4_096;

/** Counts what the consumer of this process stores. */
export class ConsumerMeter {
  scattered = 0;
  /** Orders deleted for their age. */
  expired = 0;
  readonly outcomes = { written: 0, unchanged: 0, changed: 0 };
  /** Dead letters by reason. */
  readonly rejected: Map<string, number>;
  /** Orders left out of the ages, by reason. */
  readonly unmeasured = new Map([
    ['redriven', 0],
    ['repeated', 0],
    ['clock', 0],
  ]);
  /** Time of each transaction, s. */
  readonly transactions = new Distribution(TRANSACTION_SECONDS);
  /** From production to the commit, s. */
  readonly readable = new Distribution(READABLE_SECONDS);
  /** Messages of each transaction. */
  readonly sizes = new Distribution(BATCH_MESSAGES);
  #ages: number[] = [];

  /** `reasons`: those for which there are dead letters; each is counted from 0. */
  constructor(reasons: readonly string[]) {
    this.rejected = new Map(reasons.map((reason) => [reason, 0]));
  }

  /** Transactions. */
  get batches(): number {
    return this.sizes.count;
  }

  /** `traceId`: of the trace in which the batch was stored. */
  add(batch: StoredBatch, traceId?: string): void {
    this.scattered += batch.scattered;
    this.outcomes.written += batch.written;
    this.outcomes.unchanged += batch.unchanged;
    this.outcomes.changed += batch.changed;
    for (const reason of batch.rejected) this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + 1);
    for (const [why, orders] of Object.entries(batch.unmeasured))
      this.unmeasured.set(why, (this.unmeasured.get(why) ?? 0) + orders);
    this.transactions.note(batch.seconds, traceId);
    this.sizes.note(batch.records, traceId);
    for (const ms of batch.agesMs) this.readable.note(ms / 1000, traceId);
    this.#ages.push(...batch.agesMs);
    if (this.#ages.length > MAX_AGES) this.#ages = this.#ages.slice(-MAX_AGES);
  }

  /** Ages (production to commit, ms) of orders stored since the last call: at most 4 096, of the newest batches. */
  takeAges(): number[] {
    const ages = this.#ages;
    this.#ages = [];
    return ages;
  }
}
