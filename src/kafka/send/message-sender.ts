import type { RecordHeaders } from '../../contract/letter.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { SendRefusal } from './produce-api.ts';

/** A message to send. Header values are text or bytes; a null value is a tombstone. */
export interface OutgoingMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string | Buffer>>;
  /** Headers of another message that go before these, unchanged. */
  readonly carried?: RecordHeaders;
  /** Default: by the key (murmur2, as Kafka's own clients), or spread if there is no key. */
  readonly partition?: number;
}

/** Where the broker stored a message. */
export interface SentPosition {
  readonly partition: number;
  readonly offset: bigint;
}

export interface MessageSender {
  /**
   * Sends with acks=all and resolves once every message is acknowledged, in the order given.
   * @throws AppError `kafka_unavailable` (retryable) when not all of them were.
   */
  send(topic: string, messages: readonly OutgoingMessage[]): Promise<readonly SentPosition[]>;
  /** Waits for what is in flight, within its own deadline; idempotent. */
  close(): Promise<void>;
}

const PENDING: SentPosition = { partition: -1, offset: -1n };

/**
 * The broker refused some messages of a send() for good; the others are written. Not retryable. The code is
 * `kafka_rejected` if the messages are at fault, `kafka_refuses` if the broker would refuse any message.
 */
export class MessagesRejectedError extends AppError {
  /** The refused messages: index within the send() → why. */
  readonly rejected: ReadonlyMap<number, SendRefusal>;
  /** By index; meaningless for refused messages. */
  readonly positions: readonly SentPosition[];

  constructor(message: string, rejected: ReadonlyMap<number, SendRefusal>, positions: readonly SentPosition[]) {
    super([...rejected.values()].some(refusesAny) ? 'kafka_refuses' : 'kafka_rejected', message);
    this.rejected = rejected;
    this.positions = positions;
  }
}

/** Whether any other message would be refused too. */
function refusesAny(refusal: SendRefusal): boolean {
  return refusal === 'clock' || refusal === 'not_allowed';
}

/** One call of send(): settles when every message has its position or is refused, at a failure, or at the deadline. */
export class SendJob {
  readonly promise: Promise<readonly SentPosition[]>;
  readonly #positions: SentPosition[];
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #resolve: (positions: readonly SentPosition[]) => void;
  readonly #reject: (error: AppError) => void;
  readonly #refused = new Map<number, SendRefusal>();
  #reason: string | undefined;
  #missing: number;
  #settled = false;
  /** Why the last attempt failed, for the deadline's error. */
  lastError: unknown;
  /** Some of its messages were on their way: they may be written. */
  begun = false;

  constructor(messages: number, timeoutMs: number) {
    const { promise, resolve, reject } = Promise.withResolvers<readonly SentPosition[]>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#missing = messages;
    this.#positions = new Array<SentPosition>(messages).fill(PENDING);
    this.#timer = setTimeout(() => {
      const why = this.lastError === undefined ? '' : `: ${messageOf(this.lastError)}`;
      const message = `not acknowledged within ${timeoutMs} ms${why}`;
      this.fail(new AppError('kafka_unavailable', message, { retryable: true, cause: this.lastError }));
    }, timeoutMs);
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** The messages with these indexes are written consecutively from the offset on; −1 if it is unknown. */
  place(indexes: readonly number[], partition: number, baseOffset: bigint): void {
    let offset = baseOffset;
    for (const index of indexes) {
      this.#positions[index] = { partition, offset };
      if (baseOffset >= 0n) offset += 1n;
    }
    this.#account(indexes.length);
  }

  /** The broker will never accept the messages with these indexes. */
  refuse(indexes: readonly number[], refusal: SendRefusal, reason: string): void {
    for (const index of indexes) this.#refused.set(index, refusal);
    this.#reason ??= reason;
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
    if (this.#reason === undefined) this.#resolve(this.#positions);
    else this.#reject(new MessagesRejectedError(this.#reason, this.#refused, this.#positions));
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
  }
}
