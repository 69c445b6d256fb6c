import { AppError } from '../lib/app-error.ts';
import type { SentPosition } from './message-sender.ts';

const PENDING: SentPosition = { partition: -1, offset: -1n };

/**
 * The broker refused some messages of a send() for good; the others are written. AppError `kafka_rejected`, not retryable.
 */
export class MessagesRejectedError extends AppError {
  /** Indexes, within the send(), of the refused messages. */
  readonly rejected: ReadonlySet<number>;
  /** By index; that of a refused message means nothing. */
  readonly positions: readonly SentPosition[];

  constructor(message: string, rejected: ReadonlySet<number>, positions: readonly SentPosition[]) {
    super('kafka_rejected', message);
    this.rejected = rejected;
    this.positions = positions;
  }
}

/** One call of send(): settles when every message has its position or is refused, at a failure, or at the deadline. */
export class SendJob {
  readonly promise: Promise<readonly SentPosition[]>;
  readonly #positions: SentPosition[];
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #resolve: (positions: readonly SentPosition[]) => void;
  readonly #reject: (error: AppError) => void;
  readonly #refused = new Set<number>();
  #refusal: string | undefined;
  #missing: number;
  #settled = false;
  /** Why the last attempt failed, for the deadline's error. */
  lastError: unknown;

  constructor(messages: number, timeoutMs: number) {
    const { promise, resolve, reject } = Promise.withResolvers<readonly SentPosition[]>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#missing = messages;
    this.#positions = new Array<SentPosition>(messages).fill(PENDING);
    this.#timer = setTimeout(() => {
      const message = `not acknowledged within ${timeoutMs} ms`;
      this.fail(new AppError('kafka_unavailable', message, { retryable: true, cause: this.lastError }));
    }, timeoutMs);
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** The messages with these indexes are written, one after the other from the offset on; −1 when it is not known. */
  place(indexes: readonly number[], partition: number, baseOffset: bigint): void {
    let offset = baseOffset;
    for (const index of indexes) {
      this.#positions[index] = { partition, offset };
      if (baseOffset >= 0n) offset += 1n;
    }
    this.#account(indexes.length);
  }

  /** The broker will never take the messages with these indexes. */
  refuse(indexes: readonly number[], reason: string): void {
    for (const index of indexes) this.#refused.add(index);
    this.#refusal ??= reason;
    this.#account(indexes.length);
  }

  fail(error: AppError): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(error);
  }

  #account(count: number): void {
    this.#missing -= count;
    if (this.#missing > 0 || this.#settled) return;
    this.#settle();
    if (this.#refusal === undefined) this.#resolve(this.#positions);
    else this.#reject(new MessagesRejectedError(this.#refusal, this.#refused, this.#positions));
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
  }
}
