import { AppError } from '../lib/app-error.ts';
import type { SentPosition } from './message-sender.ts';

const PENDING: SentPosition = { partition: -1, offset: -1n };

/** One call of send(): settles when every message has its position, with the first failure, or at the deadline. */
export class SendJob {
  readonly promise: Promise<readonly SentPosition[]>;
  readonly #positions: SentPosition[];
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #resolve: (positions: readonly SentPosition[]) => void;
  readonly #reject: (error: AppError) => void;
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
    this.#missing -= indexes.length;
    if (this.#missing > 0 || this.#settled) return;
    this.#settle();
    this.#resolve(this.#positions);
  }

  fail(error: AppError): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
  }
}
