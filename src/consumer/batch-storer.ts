import type { LogRecord } from '../kafka/read/order-log.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { Backoff, pause } from '../lib/backoff.ts';
import type { Rejection } from '../order/rejection.ts';
import { reject } from '../order/validate.ts';
import type { BatchResult, OrderWriter } from '../storage/postgresql/order-writer.ts';
import type { StoredBatch } from '../telemetry/consumer-meter.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { RejectedRecord } from './dead-letter.ts';
import { agesOf, BatchAbandoned, type BatchHistory, IncomingBatch } from './incoming-batch.ts';
import { countRecords, type Part, splitBatch } from './partition-queue.ts';
import { takesAnOrder } from './trial-batch.ts';

/** Where batches are stored. */
export type OrderSink = Pick<OrderWriter, 'write'>;

/** Does the work of storing a batch, and something around it, such as a span. */
export type AroundBatch = <T>(records: readonly LogRecord[], work: () => Promise<T>) => Promise<T>;

export interface BatchStorerOptions {
  readonly topic: string;
  readonly maxOrderBytes: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly now: () => number;
  readonly sendDeadLetters: (letters: readonly RejectedRecord[]) => Promise<void>;
  /**
   * Orders whose contents changed; called even when the commit's answer was lost. `note` is the id of the sink's note
   * of the change, once that is known to be committed.
   */
  readonly onChanged: (uids: readonly string[], note?: string) => void;
  /** Called with each batch once it is committed. */
  readonly onStored?: ((batch: StoredBatch) => void) | undefined;
  readonly around?: AroundBatch | undefined;
  readonly logger: Logger;
}

/** What became of a batch: all of it was stored, or some of it no longer belongs to this consumer. */
export type StoreOutcome = 'stored' | 'fenced' | 'abandoned';

/** What all attempts at one batch share. */
interface Attempts extends BatchHistory {
  /** Orders that may have changed by an attempt whose answer was lost. */
  readonly unsettled: Set<string>;
  readonly refused: Map<LogRecord, Rejection>;
  /** Orders this process had written when the database first refused the batch. */
  writtenBefore?: number;
  /** The record that the database refused although it had taken another one. */
  accused?: LogRecord;
  readonly signal: AbortSignal;
  readonly hurry: AbortSignal;
}

export interface StoreCounts {
  written: number;
  unchanged: number;
  changed: number;
  deadLettered: number;
}

/**
 * Stores a batch, however long that takes. It waits out an outage, and halves a refused batch until the refused record
 * is alone. That record becomes a dead letter if the database accepts another order. Otherwise the refusal would hit
 * every order (an added column, a trigger) and counts as an outage.
 */
export class BatchStorer {
  readonly counts: StoreCounts = { written: 0, unchanged: 0, changed: 0, deadLettered: 0 };
  /** Batches that wait for the database or the dead-letter topic to come back. */
  waiting = 0;
  /** The warning about versions of one order in several partitions was logged. */
  #scattered = false;
  #stuck: { readonly engine: 'postgresql' | 'kafka'; readonly since: number } | undefined;
  readonly #sink: OrderSink;
  readonly #options: BatchStorerOptions;

  constructor(sink: OrderSink, options: BatchStorerOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** The engine that batches wait for, and how long none of them has been stored; undefined when none waits. */
  get stuck(): { readonly engine: 'postgresql' | 'kafka'; readonly forMs: number } | undefined {
    const stuck = this.#stuck;
    return stuck && { engine: stuck.engine, forMs: performance.now() - stuck.since };
  }

  /**
   * Resolves when the batch's fate is settled. Never rejects; ends early when the signal aborts. Once `hurry` aborts, a
   * stop waits for the batch: a long pause ends, and the next ones are short.
   */
  store(parts: readonly Part[], signal: AbortSignal, hurry = signal): Promise<StoreOutcome> {
    const { around } = this.#options;
    const work = (): Promise<StoreOutcome> => this.#settle(parts, signal, hurry);
    if (around === undefined) return work();
    return around(
      parts.flatMap(({ records }) => records),
      work,
    );
  }

  async #settle(parts: readonly Part[], signal: AbortSignal, hurry: AbortSignal): Promise<StoreOutcome> {
    const attempts: Attempts = { refused: new Map(), sent: new Set(), unsettled: new Set(), signal, hurry };
    const outcome = await this.#store(parts, attempts);
    // An attempt whose answer was lost may have been committed after its orders were announced.
    this.#announce([...attempts.unsettled]);
    this.#options.logger.debug({ records: countRecords(parts), outcome }, 'batch done');
    return outcome;
  }

  async #store(parts: readonly Part[], attempts: Attempts): Promise<StoreOutcome> {
    const { signal, hurry, unsettled } = attempts;
    const backoff = new Backoff({ minMs: this.#options.retryMinMs, maxMs: this.#options.retryMaxMs });
    let waits = false;
    try {
      while (true) {
        const mayCommit = (): boolean => !signal.aborted && parts.every(({ queue }) => !queue.revoked);
        if (!mayCommit()) return 'abandoned';
        const batch = new IncomingBatch(parts, attempts, { ...this.#options, mayCommit });
        const began = performance.now();
        try {
          const result = await this.#sink.write(batch);
          this.#count(result, batch);
          this.#report(parts, result, batch, (performance.now() - began) / 1000);
          this.#announce(batch.changed, result.note);
          this.#stuck = undefined;
          if (waits) this.#options.logger.info({ records: countRecords(parts) }, 'storing resumed');
          return 'stored';
        } catch (error) {
          for (const uid of batch.changed) unsettled.add(uid);
          this.#announce(batch.changed);
          if (error instanceof BatchAbandoned) return 'abandoned';
          if (error instanceof AppError && error.code === 'fenced') return 'fenced';
          const trouble =
            error instanceof AppError && error.code === 'database_rejected'
              ? await this.#refusal(parts, attempts, error)
              : error;
          if (trouble === undefined) return await this.#bisect(parts, attempts);
          const pauseMs = hurry.aborted ? this.#options.retryMinMs : Math.round(backoff.next());
          if (!waits) this.waiting += 1;
          this.#stuck = { engine: engineOf(trouble), since: this.#stuck?.since ?? performance.now() };
          this.#options.logger.warn({ error: messageOf(trouble), pauseMs }, 'storing failed, retrying');
          waits = true;
          await pause(pauseMs, hurry.aborted ? signal : AbortSignal.any([signal, hurry]));
        }
      }
    } finally {
      if (waits) this.waiting -= 1;
      if (this.waiting === 0) this.#stuck = undefined;
    }
  }

  /**
   * Who caused a refusal: undefined for a record (to be found, retried or made a dead letter), else the database's
   * trouble, which must be waited out.
   */
  async #refusal(parts: readonly Part[], attempts: Attempts, error: AppError): Promise<unknown> {
    attempts.writtenBefore ??= this.counts.written;
    if (countRecords(parts) > 1) return undefined;
    const [only] = parts.flatMap((part) => part.records);
    if (only !== undefined && !attempts.refused.has(only)) {
      if (attempts.accused === only) {
        this.#options.logger.warn(
          { partition: parts[0]?.queue.partition, offset: only.offset, error: error.message },
          'the database refuses an order',
        );
        attempts.refused.set(only, reject('database_rejected', '', error.message.slice(0, 300)));
        return undefined;
      }
      try {
        const takesOthers =
          this.counts.written > attempts.writtenBefore || (await takesAnOrder((batch) => this.#sink.write(batch)));
        // What was wrong may have been mended between the two, so this one is tried again before it is judged.
        if (takesOthers) {
          attempts.accused = only;
          return undefined;
        }
      } catch (outage) {
        return outage;
      }
    }
    return new AppError('database_unavailable', `the database takes no order at all: ${error.message}`);
  }

  async #bisect(parts: readonly Part[], attempts: Attempts): Promise<StoreOutcome> {
    if (countRecords(parts) <= 1) return this.#store(parts, attempts);
    const [first, second] = splitBatch(parts);
    const outcome = await this.#store(first, attempts);
    return outcome === 'stored' ? this.#store(second, attempts) : outcome;
  }

  #count(result: BatchResult, batch: IncomingBatch): void {
    this.counts.written += result.written;
    this.counts.unchanged += result.unchanged;
    this.counts.changed += result.changed.length;
    this.counts.deadLettered += batch.rejected.length;
    const [orderUid] = result.scattered;
    if (orderUid === undefined || this.#scattered) return;
    this.#scattered = true;
    this.#options.logger.warn(
      { orderUid, topic: this.#options.topic },
      'versions of one order come from several partitions: the newest timestamp counts; send an order’s messages with one key',
    );
  }

  #report(parts: readonly Part[], result: BatchResult, batch: IncomingBatch, seconds: number): void {
    const { onStored, now } = this.#options;
    if (onStored === undefined) return;
    const at = now();
    onStored({
      records: countRecords(parts),
      written: result.written,
      unchanged: result.unchanged,
      changed: result.changed.length,
      scattered: result.scattered.length,
      rejected: batch.rejected.map(({ rejection }) => rejection.reason),
      seconds,
      ...agesOf(batch.arrived, at, result.written === 0 && result.unchanged > 0),
    });
  }

  /** After the commit, or after its answer was lost: telling once too often does no harm. */
  #announce(changed: readonly string[], note?: string): void {
    if (changed.length > 0) this.#options.onChanged(changed, note);
  }
}

/** Which engine made an attempt fail: letters go to Kafka, everything else to PostgreSQL. */
function engineOf(error: unknown): 'postgresql' | 'kafka' {
  const ofKafka = error instanceof AppError && (error.code === 'topic_missing' || error.code.startsWith('kafka_'));
  return ofKafka ? 'kafka' : 'postgresql';
}
