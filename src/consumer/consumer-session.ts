import type { Assignment, OrderLog } from '../kafka/read/order-log.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { aborted, Backoff, pause, Signal } from '../lib/backoff.ts';
import { within } from '../lib/deadline.ts';
import { Cadence } from '../lib/next-turn.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BatchStorer } from './batch-storer.ts';
import { CommitRelay } from './commit-relay.ts';
import type { PartitionLoader } from './partition-loader.ts';
import {
  countFetched,
  countRecords,
  lastEpochsOf,
  type Part,
  PartitionQueue,
  positionsToFetch,
  pushFetched,
  takeBatch,
} from './partition-queue.ts';
import { Watchdog } from './watchdog.ts';

export interface ConsumerSessionOptions {
  readonly maxBatchOrders: number;
  readonly maxBufferedBytes: number;
  /** Longest a fetch waits for messages. */
  readonly fetchWaitMs: number;
  readonly transactionsInFlight: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly stallMs: number;
  /** Time from the end of the session until the group is left. */
  readonly closeMs: number;
  /** Default: 2 s. */
  readonly movedCheckMs?: number;
  /** Called with the partitions whose stored offset somebody else moved. */
  readonly onMoved?: (partitions: readonly number[]) => void;
  readonly logger: Logger;
}

const BUSY_FETCH_WAIT_MS = 5;
/** Shares of the time to close: for batches to finish, for cancelled ones to notice, and for telling Kafka. */
const CLOSE_SHARES = { drain: 0.55, giveUp: 0.1, leave: 0.3 };
/** How often an idle partition is compared with what is stored. */
const MOVED_CHECK_MS = 2_000;
/** Between two fetches in a stream of orders, ms. */
const FETCH_CADENCE = { minMs: 5, maxMs: 15 };
const SMALL_FETCH_RECORDS = 1_000;

/**
 * One membership in the group, from joining to leaving: fetches what is assigned, stores it in batches, and passes the
 * offsets on to Kafka. It ends on request, or when the Kafka client is no longer usable.
 */
export class ConsumerSession {
  readonly queues = new Map<number, PartitionQueue>();
  /** Messages of batches that did not finish within the session's time to close. */
  abandoned = 0;
  /** The partitions the group has given this member, perhaps none; undefined before. */
  assigned: ReadonlySet<number> | undefined;
  /** How often the group has dealt out its partitions, and batches not stored because somebody moved the offset. */
  readonly counts = { rebalances: 0, fenced: 0 };
  readonly #log: OrderLog;
  readonly #loader: PartitionLoader;
  readonly #storer: BatchStorer;
  readonly #options: ConsumerSessionOptions;
  readonly #commits: CommitRelay;
  readonly #ending = new AbortController();
  readonly #giveUp = new AbortController();
  readonly #wake = new Signal();
  /** Batches being stored, and the messages of each. */
  readonly #inFlight = new Map<Promise<void>, number>();
  readonly #watchdog: Watchdog;
  readonly #cadence = new Cadence(FETCH_CADENCE);
  #assignment = new AbortController();
  #topicId = '';
  #reason: string | undefined;

  constructor(log: OrderLog, loader: PartitionLoader, storer: BatchStorer, options: ConsumerSessionOptions) {
    this.#log = log;
    this.#loader = loader;
    this.#storer = storer;
    this.#options = options;
    this.#commits = new CommitRelay(log, options.logger);
    this.#watchdog = new Watchdog(log, {
      stallMs: options.stallMs,
      queues: () => this.queues,
      isWaiting: () => storer.waiting > 0,
      onStall: (reason) => this.#lose(reason),
    });
  }

  /** Runs until `end` is called or the client is lost. Resolves with the reason of the loss, if any. Never rejects. */
  async run(): Promise<string | undefined> {
    try {
      const joined = this.#log.start(
        (assignment) => this.#onAssignment(assignment),
        (reason) => this.#lose(reason),
      );
      // Joining may take its time, above all while no broker answers; ending must not wait for it.
      joined.catch(() => {});
      await Promise.race([joined, aborted(this.#ending.signal)]);
      this.#watchdog.start();
      void this.#watchOffsets();
      // Nor for a fetch that a silent broker does not answer.
      await Promise.race([this.#fetchLoop(), aborted(this.#ending.signal)]);
    } catch (error) {
      this.#lose(messageOf(error));
    }
    await this.#drain();
    return this.#reason;
  }

  /** Ends the session: fetches nothing more, gives running batches their time, and leaves the group. */
  end(): void {
    this.#ending.abort();
    this.#wake.set();
  }

  #lose(reason: string): void {
    this.#reason ??= reason;
    this.end();
  }

  async #drain(): Promise<void> {
    this.#ending.abort();
    this.#watchdog.stop();
    const { closeMs, logger } = this.#options;
    const settled = () => Promise.all(this.#inFlight.keys());
    await within(closeMs * CLOSE_SHARES.drain, settled()).catch(() => {});
    for (const messages of this.#inFlight.values()) this.abandoned += messages;
    if (this.abandoned > 0) logger.warn({ messages: this.abandoned }, 'batches abandoned, to be read again');
    this.#giveUp.abort();
    // A transaction the database does not answer is left to its own deadline: late, it stores the batch or is fenced
    // off.
    await within(closeMs * CLOSE_SHARES.giveUp, settled()).catch(() => {});
    for (const queue of this.queues.values()) queue.revoked = true;
    const left = this.#commits.flush().then(() => this.#log.close());
    await within(closeMs * CLOSE_SHARES.leave, left).catch(() => {});
    this.queues.clear();
  }

  #onAssignment(assignment: Assignment): void {
    // What is still being loaded is begun again with the rest.
    this.#assignment.abort();
    this.#assignment = new AbortController();
    const assigned = new Set(assignment.partitions);
    this.assigned = assigned;
    this.#topicId = assignment.topicId;
    this.counts.rebalances += 1;
    for (const partition of [...this.queues.keys()]) if (!assigned.has(partition)) this.#drop(partition);
    const added = assignment.partitions.filter((partition) => !this.queues.has(partition));
    this.#options.logger.info({ partitions: assignment.partitions }, 'partitions assigned');
    void this.#load(added);
  }

  /** Its buffered records will not be written, and its running batch will not be committed. */
  #drop(partition: number): void {
    const queue = this.queues.get(partition);
    if (queue === undefined) return;
    queue.revoked = true;
    this.queues.delete(partition);
    this.#commits.forget(partition);
  }

  async #load(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return;
    const topicId = this.#topicId;
    const signal = AbortSignal.any([this.#ending.signal, this.#assignment.signal]);
    for await (const positions of this.#loader.load(topicId, partitions, signal)) {
      for (const [partition, { offset, lineage }] of positions) {
        if (this.assigned?.has(partition) !== true || this.queues.has(partition)) continue;
        this.queues.set(partition, new PartitionQueue(topicId, partition, offset, lineage));
        this.#commits.note(partition, offset);
      }
      this.#wake.set();
    }
  }

  /**
   * Tells an idle partition that its offset was moved (`test-service offsets reset`); for any other, the next
   * transaction is fenced off.
   */
  async #watchOffsets(): Promise<void> {
    const { logger, movedCheckMs = MOVED_CHECK_MS } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await pause(movedCheckMs, signal);
      const topicId = this.#topicId;
      const atRest = [...this.queues.values()].filter(({ busy }) => !busy);
      if (atRest.length === 0) continue;
      const known = new Map(atRest.map(({ partition, stored }) => [partition, stored]));
      // While the database is away nobody moves anything.
      const moved = new Set(await this.#loader.moved(topicId, known).catch(() => []));
      // What has been stored meanwhile has moved it, too.
      const others = atRest.filter(
        (queue) =>
          moved.has(queue.partition) &&
          !queue.busy &&
          this.queues.get(queue.partition) === queue &&
          queue.stored === known.get(queue.partition),
      );
      if (others.length === 0 || signal.aborted) continue;
      const partitions = others.map(({ partition }) => partition);
      logger.warn({ partitions }, 'stored offsets were moved: continuing from them');
      this.#moved(partitions);
    }
  }

  async #fetchLoop(): Promise<void> {
    const { retryMinMs, retryMaxMs, stallMs, logger } = this.#options;
    const backoff = new Backoff({ minMs: retryMinMs, maxMs: retryMaxMs });
    const signal = this.#ending.signal;
    let failingSince: number | undefined;
    while (!signal.aborted) {
      const positions = positionsToFetch(this.queues, this.#options.maxBufferedBytes);
      if (positions.size === 0) {
        await this.#wake.wait();
        continue;
      }
      try {
        this.#watchdog.fetchStarts();
        const started = performance.now();
        // A partition left out for want of room must not wait for messages of the others once it has room again.
        const waitMs = positions.size < this.queues.size ? BUSY_FETCH_WAIT_MS : this.#options.fetchWaitMs;
        const fetched = await this.#log.fetch(positions, waitMs, lastEpochsOf(this.queues));
        const outOfRange = pushFetched(this.queues, fetched, positions);
        if (outOfRange.length > 0) this.#reload(outOfRange);
        this.#pump();
        failingSince = undefined;
        backoff.reset();
        // A lone order has waited for longer than this, and goes on at once. In a stream of them each fetch, and the
        // transaction that follows, would else be for a handful, and cost more than it saves in time.
        const early = this.#cadence.ms - (performance.now() - started);
        if (early > 0 && countFetched(fetched) < SMALL_FETCH_RECORDS) await pause(early, signal);
      } catch (error) {
        if (signal.aborted) return;
        // What is refused is told once, where the client is replaced.
        const final = error instanceof AppError && (error.code === 'topic_missing' || error.code === 'kafka_refuses');
        // The membership outlives a broker's restart: to lose it makes the group wait for the session time-out.
        if (final || performance.now() - (failingSince ?? Number.POSITIVE_INFINITY) > stallMs) {
          this.#lose(messageOf(error));
          return;
        }
        logger[failingSince === undefined ? 'warn' : 'debug']({ error: messageOf(error) }, 'fetching failed, retrying');
        failingSince ??= performance.now();
        await pause(backoff.next(), signal);
      } finally {
        this.#watchdog.fetchEnds();
      }
    }
  }

  #pump(): void {
    const { transactionsInFlight, maxBatchOrders } = this.#options;
    while (this.#inFlight.size < transactionsInFlight && !this.#ending.signal.aborted) {
      const parts = takeBatch(this.queues, maxBatchOrders);
      if (parts.length === 0) return;
      const work: Promise<void> = this.#store(parts).finally(() => {
        this.#inFlight.delete(work);
        this.#pump();
        this.#wake.set();
      });
      this.#inFlight.set(work, countRecords(parts));
    }
  }

  async #store(parts: readonly Part[]): Promise<void> {
    const started = performance.now();
    const outcome = await this.#storer.store(parts, this.#giveUp.signal, this.#ending.signal);
    this.#cadence.note(performance.now() - started);
    if (outcome === 'stored') {
      for (const part of parts) {
        part.queue.done(part);
        if (!part.queue.revoked) this.#commits.note(part.queue.partition, part.to);
      }
      return;
    }
    if (outcome === 'fenced') this.counts.fenced += 1;
    // What is stored is no longer what was expected, so the database is asked again.
    const mine = parts.filter(({ queue }) => this.queues.get(queue.partition) === queue);
    this.#moved(mine.map(({ queue }) => queue.partition));
  }

  #moved(partitions: readonly number[]): void {
    this.#options.onMoved?.(partitions);
    this.#reload(partitions);
  }

  #reload(partitions: readonly number[]): void {
    for (const partition of partitions) this.#drop(partition);
    void this.#load(partitions);
  }
}
