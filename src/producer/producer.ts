import type { MessageSender } from '../kafka/send/message-sender.ts';
import { pause } from '../lib/backoff.ts';
import { Cadence, nextTurn } from '../lib/next-turn.ts';
import { Delivery, type ProducerLogger, type SentMessage } from './delivery.ts';
import type { MessageSource, SourceMessage } from './message-source.ts';
import { Pacer, type Schedule, type Timeline, type TimelineStart } from './schedule.ts';

export interface OrderProducerOptions {
  readonly sender: MessageSender;
  readonly topic: string;
  readonly source: MessageSource;
  readonly logger: ProducerLogger;
  /** Orders per second, or a schedule; as fast as possible when undefined. */
  readonly rate?: number | Schedule | undefined;
  /** Where in the timeline it starts. */
  readonly start?: TimelineStart | undefined;
  /** Called for each acknowledged batch, in the order of acknowledgement. What it throws ends the producer. */
  readonly onSent?: (sent: readonly SentMessage[]) => void;
  /** Most batches in flight; 5. */
  readonly maxInFlight?: number;
  /** Most messages in a batch; 1 000. */
  readonly maxBatchMessages?: number;
  /** Time close() gives what is in flight, ms; 5 000. */
  readonly closeTimeoutMs?: number;
  /** A steady clock, ms; performance.now. */
  readonly clock?: () => number;
}

/** The producer's progress; generated = sent + failed + inFlight, always. */
export interface ProducerStatus {
  readonly state: 'idle' | 'running' | 'stopping' | 'done';
  /** Messages taken from the source. */
  readonly generated: number;
  /** Of those sent: the orders, without the later steps of their lives. */
  readonly orders: number;
  /** Acknowledged by the broker. */
  readonly sent: number;
  /** Refused by the broker, or not acknowledged when the producer had to stop. */
  readonly failed: number;
  readonly inFlight: number;
  /** Orders whose life goes on. */
  readonly openOrders: number;
  /** Bad lines the source skipped. */
  readonly skipped: number;
  /** Orders per second now; undefined without a schedule. */
  readonly rate: number | undefined;
  /** How far the schedule is behind, ms; 0 without a rate. */
  readonly lateMs: number;
  /** How long Kafka has acknowledged nothing of what is in flight, ms. */
  readonly silentMs: number;
}

/** Between two batches of a schedule, ms. */
const BATCH_CADENCE = { minMs: 2, maxMs: 10 };

/**
 * Takes messages from a source, by schedule or as fast as possible, and sends them. While Kafka is unavailable it
 * retries what it has taken with jittered pauses, takes no more than maxInFlight batches, and catches up afterwards.
 */
export class OrderProducer {
  readonly #options: OrderProducerOptions;
  readonly #clock: () => number;
  readonly #maxInFlight: number;
  readonly #stop = new AbortController();
  /** Ends the pause under way; a new one for each change of the schedule. */
  #wake = new AbortController();
  readonly #delivery: Delivery;
  #pacer: Pacer | undefined;
  readonly #cadence = new Cadence(BATCH_CADENCE);
  #batchAt = Number.NEGATIVE_INFINITY;
  #state: ProducerStatus['state'] = 'idle';
  #generated = 0;
  #failure: unknown;
  #run: Promise<ProducerStatus> | undefined;

  constructor(options: OrderProducerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? ((): number => performance.now());
    this.#maxInFlight = options.maxInFlight ?? 5;
    this.#delivery = new Delivery({
      ...options,
      onSent: (sent) => options.onSent?.(sent),
      onSettled: (ms) => this.#cadence.note(ms),
    });
  }

  /** Undefined without a rate, and before the start. */
  get timeline(): (Timeline & Pick<Pacer, 'elapsedMs' | 'taken'>) | undefined {
    return this.#pacer;
  }

  get status(): ProducerStatus {
    return {
      state: this.#state,
      generated: this.#generated,
      sent: this.#delivery.sent,
      failed: this.#delivery.failed,
      inFlight: this.#generated - this.#delivery.sent - this.#delivery.failed,
      openOrders: this.#options.source.open ?? 0,
      skipped: this.#options.source.skipped,
      rate: this.#pacer?.rate ?? startRate(this.#options.rate),
      orders: this.#delivery.orders,
      lateMs: this.#state === 'running' ? (this.#pacer?.lateMs(this.#nextAtMs(this.#pacer)) ?? 0) : 0,
      silentMs: this.#delivery.silentMs,
    };
  }

  /**
   * Starts sending. The promise resolves with the final counts when the source has ended, or after close(), and all is
   * settled; it rejects when the source or onSent throws, once what was in flight is settled. May be called again.
   */
  start(): Promise<ProducerStatus> {
    this.#run ??= this.#loop();
    return this.#run;
  }

  /** Continues at another rate, or by another schedule, as Pacer.setRate; only for a producer that has one. */
  setRate(...how: Parameters<Pacer['setRate']>): void {
    this.#pacer?.setRate(...how);
    this.lookAgain();
  }

  /** What the source has due has changed. */
  lookAgain(): void {
    this.#wake.abort();
    if (!this.#stop.signal.aborted) this.#wake = new AbortController();
  }

  /** Stops taking messages, waits up to closeTimeoutMs for those in flight, counts the rest as failed. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    if (this.#run === undefined) {
      this.#state = 'done';
      return;
    }
    const timer = setTimeout(() => this.#delivery.giveUp(), this.#options.closeTimeoutMs ?? 5_000);
    await this.#run.catch(() => undefined);
    clearTimeout(timer);
  }

  async #loop(): Promise<ProducerStatus> {
    const { rate, start, logger, topic } = this.#options;
    this.#state = 'running';
    if (rate !== undefined) this.#pacer = new Pacer({ rate, start, clock: this.#clock });
    logger.info({ topic, rate: startRate(rate) }, 'producer started');
    try {
      await this.#produce();
    } catch (error) {
      this.#failure ??= error;
    }
    this.#state = 'stopping';
    while (this.#delivery.batches > 0) await this.#delivery.settled();
    this.#failure ??= this.#delivery.failure;
    this.#state = 'done';
    const { sent, failed, skipped } = this.status;
    logger.info({ sent, failed, skipped }, 'producer stopped');
    if (this.#failure !== undefined) throw this.#failure;
    return this.status;
  }

  async #produce(): Promise<void> {
    const { maxBatchMessages = 1_000, source } = this.#options;
    while (!this.#stop.signal.aborted && this.#delivery.failure === undefined) {
      if (this.#delivery.batches >= this.#maxInFlight) {
        await this.#delivery.settled();
        continue;
      }
      const nextAtMs = this.#pacer && this.#nextAtMs(this.#pacer);
      if (nextAtMs === Number.POSITIVE_INFINITY) return;
      const due = this.#due(maxBatchMessages, nextAtMs);
      const waitMs = due < maxBatchMessages ? this.#waitMs(nextAtMs) : 0;
      // By the clock's next reading something may be due.
      if (due === 0 || waitMs > 0) {
        await pause(waitMs, this.#wake.signal);
        continue;
      }
      const messages = await this.#take(source.nextAtMs ? maxBatchMessages : Math.min(due, maxBatchMessages));
      if (messages.length === 0) return;
      this.#pacer?.take(messages.reduce((orders, { step }) => orders + (step ? 0 : 1), 0));
      this.#generated += messages.length;
      this.#batchAt = this.#clock();
      this.#delivery.send(messages);
      // Otherwise a source that is always ready would hold up the broker's answers for a whole round of batches.
      await nextTurn();
    }
  }

  /** When the next message is due. */
  #nextAtMs(pacer: Pacer): number {
    return this.#options.source.nextAtMs?.(pacer) ?? pacer.timeOf(0);
  }

  /** How many messages are due: of steps of lives only whether there are some. */
  #due(most: number, nextAtMs: number | undefined): number {
    if (this.#pacer === undefined || nextAtMs === undefined) return most;
    const orders = this.#pacer.due();
    if (this.#options.source.nextAtMs === undefined) return orders;
    return nextAtMs > this.#pacer.nowMs ? 0 : Math.max(1, orders);
  }

  /** Until something is due and a batch may follow the last one, ms. */
  #waitMs(nextAtMs: number | undefined): number {
    const untilDue = this.#pacer?.waitMs(nextAtMs) ?? 0;
    return Math.max(untilDue, this.#batchAt + this.#cadence.ms - this.#clock());
  }

  /** A source that waits for input must not keep close() waiting. */
  #take(max: number): readonly SourceMessage[] | Promise<readonly SourceMessage[]> {
    const taken = this.#options.source.take(max, this.#pacer);
    if (!(taken instanceof Promise)) return taken;
    return new Promise((resolve, fail) => {
      const { signal } = this.#stop;
      const stopped = (): void => resolve([]);
      signal.addEventListener('abort', stopped, { once: true });
      taken.then(resolve, fail).finally(() => signal.removeEventListener('abort', stopped));
    });
  }
}

function startRate(rate: number | Schedule | undefined): number | undefined {
  return typeof rate === 'object' ? rate.rateAt(0) : rate;
}
