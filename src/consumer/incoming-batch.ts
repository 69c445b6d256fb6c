import { REPLAYS } from '../contract/letter.ts';
import { type LogRecord, producedAt } from '../kafka/read/order-log.ts';
import { AppError } from '../lib/app-error.ts';
import { SLICE_MS } from '../lib/next-turn.ts';
import { isBelievable } from '../lib/rfc3339.ts';
import { decodeOrder } from '../order/decode.ts';
import { latestDate, OrderScan } from '../order/order-scan.ts';
import type { Rejection } from '../order/rejection.ts';
import type { OrderRows } from '../storage/postgresql/copy-rows.ts';
import type { OffsetMove, OrderBatch } from '../storage/postgresql/order-writer.ts';
import type { RejectedRecord } from './dead-letter.ts';
import { countRecords, type Part } from './partition-queue.ts';

export interface IncomingBatchOptions {
  readonly topic: string;
  readonly maxOrderBytes: number;
  readonly now: () => number;
  /** Sends dead letters; resolves when the broker has them. */
  readonly sendDeadLetters: (letters: readonly RejectedRecord[]) => Promise<void>;
  /** False once the batch must not be committed. */
  readonly mayCommit: () => boolean;
}

/** What earlier attempts at the same records revealed. */
export interface BatchHistory {
  /** Verdicts that stand whatever decoding says: orders that the database refused, and dead letters that were sent. */
  readonly refused: Map<LogRecord, Rejection>;
  /** Records whose dead letters the broker has already, so that none is sent twice. */
  readonly sent: Set<LogRecord>;
}

/** Roughly how many of a batch's records are sampled for their age. */
const AGE_SAMPLES = 64;
/** Records decoded between two turns of the event loop: about two milliseconds of work. */
const SLICE_RECORDS = 250;

// One is enough: a scan is read before the next one starts.
const scan = new OrderScan();

/** Fetched records as a batch of orders to store; anything else becomes a dead letter before the commit. */
export class IncomingBatch implements OrderBatch {
  readonly topicId: string;
  readonly moves: readonly OffsetMove[];
  readonly #parts: readonly Part[];
  readonly #options: IncomingBatchOptions;
  readonly #history: BatchHistory;
  readonly #sampleEvery: number;
  #rejected: RejectedRecord[] = [];
  #changed: readonly string[] = [];
  #arrived: ArrivedOrder[] = [];
  #decoded = 0;

  constructor(parts: readonly Part[], history: BatchHistory, options: IncomingBatchOptions) {
    this.#parts = parts;
    this.#history = history;
    this.#options = options;
    this.topicId = parts[0]?.queue.topicId ?? '';
    this.#sampleEvery = Math.ceil(countRecords(parts) / AGE_SAMPLES);
    this.moves = parts.map(({ queue, from, to, lineage }) => ({ partition: queue.partition, from, to, lineage }));
  }

  /** Records of the last attempt that are no orders. */
  get rejected(): readonly RejectedRecord[] {
    return this.#rejected;
  }

  /** Some of the last attempt's orders, evenly spread over the batch. */
  get arrived(): readonly ArrivedOrder[] {
    return this.#arrived;
  }

  /** Orders whose contents change if the last attempt is committed. */
  get changed(): readonly string[] {
    return this.#changed;
  }

  *slices(rows: OrderRows): Iterable<void> {
    this.#rejected = [];
    this.#changed = [];
    this.#arrived = [];
    this.#decoded = 0;
    for (const part of this.#parts) {
      let at = 0;
      while (at < part.records.length) {
        at = this.#decode(part, at, Math.min(at + SLICE_RECORDS, part.records.length), rows);
        yield;
      }
    }
  }

  async beforeCommit(changed: readonly string[]): Promise<void> {
    const unsent = this.#rejected.filter(({ record }) => !this.#history.sent.has(record));
    if (unsent.length > 0) {
      await this.#options.sendDeadLetters(unsent);
      for (const { record, rejection } of unsent) {
        this.#history.sent.add(record);
        // The clock goes on: a date of tomorrow's tomorrow must not become an order that is a dead letter, too.
        this.#history.refused.set(record, rejection);
      }
    }
    if (!this.#options.mayCommit()) throw new BatchAbandoned();
    this.#changed = changed;
  }

  /** Returns the index of the first record that was not decoded: decoding unusual orders can take long. */
  #decode(part: Part, start: number, end: number, rows: OrderRows): number {
    const { topic, maxOrderBytes, now } = this.#options;
    const { partition } = part.queue;
    const options = { maxBytes: maxOrderBytes, now };
    const latest = latestDate(now());
    const began = performance.now();
    for (let at = start; at < end; at++) {
      const record = part.records[at];
      if (record === undefined) continue;
      const { bytes, offset, valueAt, valueLength } = record;
      const refused = this.#history.refused.size === 0 ? undefined : this.#history.refused.get(record);
      if (refused === undefined && valueLength <= maxOrderBytes && scan.scan(bytes, valueAt, valueLength, latest)) {
        rows.addScanned(scan, partition, offset, this.#producedAt(record));
        continue;
      }
      const verdict = refused ?? decodeOrder(record.value, options);
      if (verdict.ok) rows.addOrder(verdict.order, verdict.plainStrings, partition, offset, this.#producedAt(record));
      else this.#rejected.push({ topic, partition, record, rejection: verdict, at: now() });
      if (performance.now() - began > SLICE_MS) return at + 1;
    }
    return end;
  }

  #producedAt(record: LogRecord): number {
    const at = producedAt(record);
    if (this.#decoded % this.#sampleEvery === 0)
      this.#arrived.push({ producedAt: at, redriven: record.header(REPLAYS) !== undefined });
    this.#decoded += 1;
    return at;
  }
}

/** A partition of the batch was revoked, or the consumer stops: nothing is committed. Not a failure of the database. */
export class BatchAbandoned extends AppError {
  constructor() {
    super('fenced', 'the batch must not be committed');
  }
}

/** What the age of an order in a batch depends on. */
export interface ArrivedOrder {
  /** ms since the Unix epoch, by the producer's clock. */
  readonly producedAt: number;
  /** It was sent back from the dead letters. */
  readonly redriven: boolean;
}

/**
 * Why an order's age is not counted as latency: it was sent back from the dead letters (`redriven`), its whole batch
 * had been stored before (`repeated`), or the producer's clock is implausible or more than a week behind (`clock`).
 */
type Unmeasured = 'redriven' | 'repeated' | 'clock';

export interface Ages {
  /** From production to the commit, ms; never below 0. */
  readonly agesMs: readonly number[];
  readonly unmeasured: Readonly<Record<Unmeasured, number>>;
}

const WEEK_MS = 7 * 24 * 60 * 60_000;

/**
 * The ages of first deliveries with plausible clocks, and the number of others by reason. `now` is the time of the
 * commit, ms since the Unix epoch.
 */
export function agesOf(orders: readonly ArrivedOrder[], now: number, repeated: boolean): Ages {
  const agesMs: number[] = [];
  const unmeasured = { redriven: 0, repeated: 0, clock: 0 };
  for (const { producedAt, redriven } of orders) {
    const age = now - producedAt;
    if (redriven) unmeasured.redriven += 1;
    else if (repeated) unmeasured.repeated += 1;
    else if (!isBelievable(producedAt, now) || age > WEEK_MS) unmeasured.clock += 1;
    else agesMs.push(Math.max(0, age));
  }
  return { agesMs, unmeasured };
}
