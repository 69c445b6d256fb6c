import type { OrderLog } from '../kafka/read/order-log.ts';
import type { OutgoingMessage } from '../kafka/send/message-sender.ts';
import { Backoff, pause } from '../lib/backoff.ts';
import type { LogCut, LostRange } from '../storage/postgresql/offset-store.ts';
import type { StoredBatch } from '../telemetry/consumer-meter.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type AroundBatch, BatchStorer, type OrderSink, type StoreCounts } from './batch-storer.ts';
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
  readonly around?: AroundBatch | undefined;
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
  /** The group has given this member its partitions, perhaps none. */
  readonly member: boolean;
  /** How often the group has dealt out its partitions. */
  readonly rebalances: number;
  /** Batches that were not stored because another consumer had moved the offset. */
  readonly fenced: number;
  /** Partition → age of the oldest message that was fetched and is not stored, ms; without it where there is none. */
  readonly oldestMs: ReadonlyMap<number, number>;
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
  /** Of earlier sessions. */
  readonly #past = { rebalances: 0, fenced: 0 };

  constructor(settings: OrderConsumerSettings, dependencies: OrderConsumerDependencies) {
    this.#settings = settings;
    this.#dependencies = dependencies;
    const { logger, now = Date.now, onChanged, onStored, around, sendDeadLetters } = dependencies;
    this.#storer = new BatchStorer(dependencies.sink, {
      ...settings,
      now,
      onChanged,
      onStored,
      around,
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
    const now = (this.#dependencies.now ?? Date.now)();
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
      member: this.#session?.assigned !== undefined,
      rebalances: this.#past.rebalances + (this.#session?.counts.rebalances ?? 0),
      fenced: this.#past.fenced + (this.#session?.counts.fenced ?? 0),
      oldestMs: new Map(
        queues.flatMap((queue) => {
          const ms = queue.oldestMs(now);
          return ms === undefined ? [] : [[queue.partition, ms] as const];
        }),
      ),
    };
  }

  /** The same for live figures and metrics: what has many parts is counted. */
  figures() {
    const { lost, cuts, ignoredMoves, ...status } = this.status();
    return {
      ...status,
      lost: lost.reduce((sum, { from, to }) => sum + Math.abs(to - from), 0),
      cuts: cuts.length,
      ignoredMoves: ignoredMoves.size,
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
    let told: string | undefined;
    while (!this.#closing.signal.aborted) {
      const started = Date.now();
      const session = this.#openSession();
      this.#session = session;
      const reason = await session.run();
      this.#session = undefined;
      this.#past.rebalances += session.counts.rebalances;
      this.#past.fenced += session.counts.fenced;
      if (this.#closing.signal.aborted) return;
      this.#rebuilds += 1;
      if (Date.now() - started > retryMaxMs * 2) {
        backoff.reset();
        told = undefined;
      }
      logger[reason === told ? 'debug' : 'warn']({ reason }, 'replacing the kafka client');
      told = reason;
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
