import { EventEmitter } from 'node:events';
import { type MessageSender, MessagesRejectedError, type SentPosition } from '../kafka/send/message-sender.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { Backoff, pause } from '../lib/backoff.ts';
import type { Logger } from '../telemetry/logger.ts';
import { MessageHeaders } from './message-headers.ts';
import type { FaultNote, SourceMessage } from './source.ts';

export type ProducerLogger = Pick<Logger, 'warn' | 'info'>;

/** A message the broker has acknowledged. */
export interface SentMessage {
  readonly note: FaultNote | undefined;
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
  #batches = 0;
  #sent = 0;
  #failed = 0;
  #failure: unknown;

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

  /** Messages refused or given up. */
  get failed(): number {
    return this.#failed;
  }

  /** The first error that makes further sending pointless. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Sends the messages, in batches of about 1 MB; returns at once. */
  send(messages: readonly SourceMessage[]): void {
    for (const batch of splitByBytes(messages)) void this.#deliver(batch);
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
    this.#batches += 1;
    const started = performance.now();
    const now = Date.now();
    const outgoing = batch.map(({ key, value }) => ({ key, value, headers: this.#headers.next(now) }));
    const { promise: abandoned, resolve: abandon } = Promise.withResolvers<undefined>();
    const giveUp = (): void => abandon(undefined);
    this.#abandon.add(giveUp);
    const backoff = new Backoff({ minMs: 100, maxMs: 5_000 });
    for (;;) {
      try {
        const sending = this.#options.sender.send(this.#options.topic, outgoing);
        const positions = await Promise.race([sending, abandoned]);
        if (positions === undefined) this.#lose(batch, new AppError('aborted', 'the producer was closed'));
        else this.#acknowledge(batch, positions, new Map());
        break;
      } catch (error) {
        if (error instanceof MessagesRejectedError) {
          const fields = { messages: error.rejected.size, reason: error.message };
          this.#options.logger.warn(fields, 'messages refused by kafka');
          this.#acknowledge(batch, error.positions, error.rejected);
          if (error.code === 'kafka_refuses') this.#failure ??= error;
          break;
        }
        const retryable = error instanceof AppError && error.retryable;
        if (!retryable || this.#giveUp.signal.aborted) {
          this.#lose(batch, error);
          if (!this.#giveUp.signal.aborted) this.#failure ??= error;
          break;
        }
        await pause(backoff.next(), this.#giveUp.signal);
      }
    }
    this.#abandon.delete(giveUp);
    this.#batches -= 1;
    this.#options.onSettled(performance.now() - started);
    this.#events.emit('settled');
  }

  #acknowledge(
    batch: readonly SourceMessage[],
    positions: readonly SentPosition[],
    refused: ReadonlyMap<number, unknown>,
  ): void {
    const sent: SentMessage[] = [];
    for (let at = 0; at < batch.length; at += 1) {
      const position = positions[at];
      if (position !== undefined && !refused.has(at)) sent.push({ note: batch[at]?.note, position });
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

function splitByBytes(messages: readonly SourceMessage[]): SourceMessage[][] {
  const batches: SourceMessage[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const size = message.value?.length ?? 0;
    if (bytes + size > MAX_BATCH_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(message);
    bytes += size;
  }
  return batches;
}
