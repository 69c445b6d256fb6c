import { Histogram, type Registry } from 'prom-client';

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

/** Ages kept for `takeAges`; older ones are dropped. */
const MAX_AGES = 4_096;

/** Counts what the consumer of this process stores. */
export class ConsumerMeter {
  batches = 0;
  records = 0;
  scattered = 0;
  readonly outcomes = { written: 0, unchanged: 0, changed: 0 };
  /** Dead letters by reason. */
  readonly rejected = new Map<string, number>();
  /** Orders left out of the ages, by reason. */
  readonly unmeasured = new Map<string, number>();
  readonly #transactions: Histogram;
  readonly #readable: Histogram;
  #ages: number[] = [];

  constructor(registry: Registry) {
    this.#transactions = new Histogram({
      name: 'test_service_transaction_seconds',
      help: 'Time from the first record of a batch to its commit, dead letters included',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60],
      registers: [registry],
    });
    this.#readable = new Histogram({
      name: 'test_service_readable_seconds',
      help: 'Time from production to commit, of up to 64 orders of each batch whose age can be believed',
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300],
      registers: [registry],
    });
  }

  add(batch: StoredBatch): void {
    this.batches += 1;
    this.records += batch.records;
    this.scattered += batch.scattered;
    this.outcomes.written += batch.written;
    this.outcomes.unchanged += batch.unchanged;
    this.outcomes.changed += batch.changed;
    for (const reason of batch.rejected) this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + 1);
    this.#transactions.observe(batch.seconds);
    for (const [why, orders] of Object.entries(batch.unmeasured))
      this.unmeasured.set(why, (this.unmeasured.get(why) ?? 0) + orders);
    for (const ms of batch.agesMs) this.#readable.observe(ms / 1000);
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
