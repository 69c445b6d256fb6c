import { EventEmitter } from 'node:events';
import { type MessageSender, MessagesRejectedError, type SentPosition } from '../kafka/send/message-sender.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { Backoff, pause } from '../lib/backoff.ts';
import { splitBySize } from '../lib/split-by-size.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { LifeStep } from './lives.ts';
import { MessageHeaders } from './message-headers.ts';
import type { FaultNote, SourceMessage } from './message-source.ts';

export type ProducerLogger = Pick<Logger, 'warn' | 'info'>;

/** A message the broker has acknowledged. */
export interface SentMessage {
  readonly note: FaultNote | undefined;
  readonly step?: LifeStep | undefined;
  readonly position: SentPosition;
}

export interface DeliveryOptions {
  readonly sender: MessageSender;
  readonly topic: string;
  readonly logger: ProducerLogger;
  readonly onSent: (sent: readonly SentMessage[]) => void;
  /** Called once a batch is settled, with how long that took, ms. */
  readonly onSettled: (ms: number) => void;
}

/** Most bytes of a batch, roughly; a larger message goes alone. */
const MAX_BATCH_BYTES = 1_000_000;

/** Batches on their way to Kafka: each is retried until the broker's final answer, or giveUp(). */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #headers = new MessageHeaders();
  readonly #events = new EventEmitter();
  readonly #giveUp = new AbortController();
  /** One for each batch: a promise shared by all would retain something of every batch ever sent. */
  readonly #abandon = new Set<() => void>();
  /** Batches that are to be repeated before those that follow them, by number. */
  readonly #repeats = new Set<number>();
  #nextNumber = 0;
  #batches = 0;
  #sent = 0;
  #orders = 0;
  #failed = 0;
  #failure: unknown;
  /** When the last batch was settled, or sent with no other on its way, by `performance.now`. */
  #heardAt = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#events.setMaxListeners(0);
  }

  /** Batches not settled. */
  get batches(): number {
    return this.#batches;
  }

  /** Messages acknowledged. */
  get sent(): number {
    return this.#sent;
  }

  /** Of these the orders, without the later steps of their lives. */
  get orders(): number {
    return this.#orders;
  }

  /** Messages refused or given up. */
  get failed(): number {
    return this.#failed;
  }

  /** How long Kafka has settled none of the batches on their way, ms; 0 while none is. */
  get silentMs(): number {
    return this.#batches === 0 ? 0 : performance.now() - this.#heardAt;
  }

  /** The first error that makes further sending pointless. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Sends the messages, in batches of about 1 MB; returns at once. */
  send(messages: readonly SourceMessage[]): void {
    for (const batch of splitBySize(messages, MAX_BATCH_BYTES, bytesOf)) void this.#deliver(batch);
  }

  /** Resolves when the next batch is settled. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#events.once('settled', resolve);
    });
  }

  /** Settles everything now: messages without an answer count as failed. */
  giveUp(): void {
    this.#giveUp.abort();
    for (const abandon of this.#abandon) abandon();
  }

  /** Never rejects. */
  async #deliver(batch: readonly SourceMessage[]): Promise<void> {
    const started = performance.now();
    if (this.#batches === 0) this.#heardAt = started;
    this.#batches += 1;
    const now = Date.now();
    const outgoing = batch.map(({ key, value }) => ({ key, value, headers: this.#headers.next(now) }));
    const { promise: abandoned, resolve: abandon } = Promise.withResolvers<undefined>();
    const giveUp = (): void => abandon(undefined);
    this.#abandon.add(giveUp);
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const backoff = new Backoff({ minMs: 100, maxMs: 5_000 });
    for (;;) {
      try {
        const sending = this.#options.sender.send(this.#options.topic, outgoing);
        const positions = await Promise.race([sending, abandoned]);
        if (positions !== undefined && (await this.#mustFollow(batch, number))) continue;
        if (positions === undefined) this.#lose(batch, new AppError('aborted', 'the producer was closed'));
        else this.#acknowledge(batch, positions, new Map());
        break;
      } catch (error) {
        if (error instanceof MessagesRejectedError) {
          if (await this.#mustFollow(batch, number)) continue;
          const fields = { messages: error.rejected.size, reason: error.message };
          this.#options.logger.warn(fields, 'messages refused by kafka');
          this.#acknowledge(batch, error.positions, error.rejected);
          if (error.code === 'kafka_refuses') this.#failure ??= error;
          break;
        }
        if (!this.#mayPass(error) || this.#giveUp.signal.aborted) {
          this.#lose(batch, error);
          if (!this.#giveUp.signal.aborted) this.#failure ??= error;
          break;
        }
        this.#repeats.add(number);
        await pause(backoff.next(), this.#giveUp.signal);
        await this.#earlierRepeats(number);
      }
    }
    this.#abandon.delete(giveUp);
    this.#repeats.delete(number);
    this.#batches -= 1;
    this.#heardAt = performance.now();
    this.#options.onSettled(this.#heardAt - started);
    this.#events.emit('settled');
  }

  /**
   * True when it has to be sent once more: an earlier batch whose fate was unknown may have come after it in the log,
   * with older versions of the same orders. By then that batch is settled.
   */
  async #mustFollow(batch: readonly SourceMessage[], number: number): Promise<boolean> {
    if (this.#repeats.size === 0 || Math.min(...this.#repeats) >= number) return false;
    if (batch.every(({ step }) => step === undefined)) return false;
    this.#repeats.add(number);
    await this.#earlierRepeats(number);
    return !this.#giveUp.signal.aborted;
  }

  async #earlierRepeats(number: number): Promise<void> {
    while (!this.#giveUp.signal.aborted && Math.min(...this.#repeats) < number) await this.settled();
  }

  /** Who was let in once is let in again: a certificate or a password that is being changed must not end it. */
  #mayPass(error: unknown): boolean {
    return error instanceof AppError && (error.retryable || (error.code === 'kafka_refuses' && this.#sent > 0));
  }

  #acknowledge(
    batch: readonly SourceMessage[],
    positions: readonly SentPosition[],
    refused: ReadonlyMap<number, unknown>,
  ): void {
    const sent: SentMessage[] = [];
    for (let at = 0; at < batch.length; at += 1) {
      const position = positions[at];
      if (position === undefined || refused.has(at)) continue;
      const { note, step } = batch[at] ?? {};
      sent.push({ note, step, position });
      if (step === undefined) this.#orders += 1;
    }
    this.#sent += sent.length;
    this.#failed += batch.length - sent.length;
    try {
      this.#options.onSent(sent);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #lose(batch: readonly SourceMessage[], error: unknown): void {
    this.#failed += batch.length;
    this.#options.logger.warn({ messages: batch.length, reason: messageOf(error) }, 'messages given up');
  }
}

const bytesOf = ({ value }: SourceMessage): number => value?.length ?? 0;
