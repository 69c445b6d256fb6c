import type { OrderLog } from '../kafka/read/order-log.ts';
import type { OutgoingMessage } from '../kafka/send/message-sender.ts';
import { Backoff, pause } from '../lib/backoff.ts';
import type { LogCut, LostRange } from '../storage/postgresql/offset-store.ts';
import type { StoredBatch } from '../telemetry/consumer-meter.ts';
import type { Logger } from '../telemetry/logger.ts';
import { BatchStorer, type OrderSink, type StoreCounts } from './batch-storer.ts';
import { ConsumerSession } from './consumer-session.ts';
import { deadLetterOf } from './dead-letter.ts';
import { type IgnoredMove, type Offsets, PartitionLoader } from './partition-loader.ts';

export interface OrderConsumerSettings {
  readonly group: string;
  readonly topic: string;
  readonly maxBatchOrders: number;
  readonly maxBufferedBytes: number;
  readonly fetchWaitMs: number;
  readonly maxOrderBytes: number;
  readonly transactionsInFlight: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly stallMs: number;
  /** Time for close, or for the end of a membership; most of it goes to running batches. */
  readonly closeMs: number;
}

export interface OrderConsumerDependencies {
  /** Opens a membership; called again whenever one is lost. */
  readonly openLog: () => OrderLog;
  readonly offsets: Offsets;
  readonly sink: OrderSink;
  readonly sendDeadLetters: (letters: readonly OutgoingMessage[]) => Promise<void>;
  /** Called after a commit with the orders that changed, and the id of the sink's note of it. */
  readonly onChanged: (uids: readonly string[], note?: string) => void;
  /** Called with each batch once it is committed. */
  readonly onStored?: (batch: StoredBatch) => void;
  readonly logger: Logger;
  readonly now?: () => number;
}

export interface ConsumerStatus extends Readonly<StoreCounts> {
  readonly partitions: readonly number[];
  /** The stored offset, by partition. */
  readonly stored: ReadonlyMap<number, number>;
  /** Batches wait for PostgreSQL or the dead-letter topic. */
  readonly waiting: boolean;
  /** Which engine they wait for, and for how long nothing has been stored; undefined when none waits. */
  readonly stuck: BatchStorer['stuck'];
  /** Ranges that were gone from the log before they could be read. */
  readonly lost: readonly LostRange[];
  /**
   * Offsets that somebody moved in Kafka without effect, by partition: the latest of each, until it is moved in the
   * database.
   */
  readonly ignoredMoves: ReadonlyMap<number, IgnoredMove>;
  /** Stored ranges that were cut off the log later. */
  readonly cuts: readonly LogCut[];
  /** How often the Kafka client was replaced. */
  readonly rebuilds: number;
}

const TRUNCATION_GRACE_MS = 10_000;

/**
 * The consumer role: reads orders from Kafka and stores each of them once. PostgreSQL ends up as if every message had
 * been stored exactly once. Bad messages go to the dead-letter topic. The consumer waits for engines that are down;
 * only `close` stops it.
 */
export class OrderConsumer {
  readonly #settings: OrderConsumerSettings;
  readonly #dependencies: OrderConsumerDependencies;
  readonly #storer: BatchStorer;
  readonly #closing = new AbortController();
  readonly #lost: LostRange[] = [];
  readonly #ignoredMoves = new Map<number, IgnoredMove>();
  readonly #cuts: LogCut[] = [];
  #session: ConsumerSession | undefined;
  #running: Promise<void> | undefined;
  #rebuilds = 0;

  constructor(settings: OrderConsumerSettings, dependencies: OrderConsumerDependencies) {
    this.#settings = settings;
    this.#dependencies = dependencies;
    const { logger, now = Date.now, onChanged, onStored, sendDeadLetters } = dependencies;
    this.#storer = new BatchStorer(dependencies.sink, {
      ...settings,
      now,
      onChanged,
      onStored,
      sendDeadLetters: (letters) => sendDeadLetters(letters.map(deadLetterOf)),
      logger,
    });
  }

  /** Starts working in the background; returns at once. */
  start(): void {
    this.#running ??= this.#run();
  }

  status(): ConsumerStatus {
    const queues = [...(this.#session?.queues.values() ?? [])];
    return {
      ...this.#storer.counts,
      partitions: queues.map((queue) => queue.partition).sort((a, b) => a - b),
      stored: new Map(queues.map((queue) => [queue.partition, queue.stored])),
      waiting: this.#storer.waiting > 0,
      stuck: this.#storer.stuck,
      lost: this.#lost,
      ignoredMoves: this.#ignoredMoves,
      cuts: this.#cuts,
      rebuilds: this.#rebuilds,
    };
  }

  /**
   * Finishes the running batches and leaves the group, within closeMs. Idempotent, safe before start. Resolves with a
   * sentence about what had to be abandoned, if anything.
   */
  async close(): Promise<string | undefined> {
    this.#closing.abort();
    const session = this.#session;
    session?.end();
    await this.#running;
    const messages = session?.abandoned ?? 0;
    return messages > 0 ? `${messages} messages not stored` : undefined;
  }

  async #run(): Promise<void> {
    const { retryMinMs, retryMaxMs } = this.#settings;
    const { logger } = this.#dependencies;
    const backoff = new Backoff({ minMs: retryMinMs, maxMs: retryMaxMs });
    while (!this.#closing.signal.aborted) {
      const started = Date.now();
      const session = this.#openSession();
      this.#session = session;
      const reason = await session.run();
      this.#session = undefined;
      if (this.#closing.signal.aborted) return;
      this.#rebuilds += 1;
      if (Date.now() - started > retryMaxMs * 2) backoff.reset();
      logger.warn({ reason }, 'replacing the kafka client');
      await pause(backoff.next(), this.#closing.signal);
    }
  }

  /** Until Kafka has the stored offset, every assignment brings the same move again. */
  #ignore(move: IgnoredMove): void {
    if (this.#ignoredMoves.get(move.partition)?.movedTo === move.movedTo) return;
    this.#ignoredMoves.set(move.partition, move);
    this.#dependencies.logger.warn(
      { ...move, advice: 'test-service offsets reset' },
      'the group’s offset in kafka was moved by hand and is ignored: the one in postgresql counts',
    );
  }

  #openSession(): ConsumerSession {
    const { openLog, offsets, logger } = this.#dependencies;
    const log = openLog();
    const loader = new PartitionLoader(log, offsets, {
      ...this.#settings,
      truncationGraceMs: TRUNCATION_GRACE_MS,
      onLost: (lost) => this.#lost.push(lost),
      onIgnoredMove: (move) => this.#ignore(move),
      onCut: (cut) => this.#cuts.push(cut),
      logger,
    });
    const onMoved = (partitions: readonly number[]) => {
      for (const partition of partitions) this.#ignoredMoves.delete(partition);
    };
    return new ConsumerSession(log, loader, this.#storer, { ...this.#settings, onMoved, logger });
  }
}
