/** An event of a `text/event-stream`. */
export interface StreamEvent {
  /** Its name; `message` when absent. */
  readonly event?: string;
  /** Sent as JSON. */
  readonly data: unknown;
  /** What a client that comes back says it had last. */
  readonly id?: string;
}

export interface EventStreamOptions {
  /** Bytes that may wait for the reader. */
  readonly maxBufferedBytes?: number;
  /** What becomes of an event for which there is no room: it is left out, or the stream is ended. */
  readonly overflow: 'leave_out' | 'end';
  /** Called once, when the reader has gone or the stream was ended. */
  readonly onEnd?: () => void;
}

export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would collect them.
  'x-accel-buffering': 'no',
} as const;

const DEFAULT_BUFFER_BYTES = 262_144;
const RETRY_MS = 2_000;
const encoder = new TextEncoder();

/** One reader's events. What the socket does not take yet waits in a bounded buffer. */
export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: EventStreamOptions;
  readonly #maxBytes: number;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #wanted = false;
  #ended = false;
  #leftOut = 0;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBufferedBytes ?? DEFAULT_BUFFER_BYTES;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#wanted = true;
          this.#flush();
        },
        cancel: () => this.#finish(),
      },
      { highWaterMark: 1 },
    );
    this.#write(`retry: ${RETRY_MS}\n\n`);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Events left out since the last call. */
  takeLeftOut(): number {
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }

  /** False when there was no room for it. */
  send({ event, data, id }: StreamEvent): boolean {
    let text = event === undefined ? '' : `event: ${event}\n`;
    if (id !== undefined) text += `id: ${id}\n`;
    // JSON.stringify gives one line.
    return this.#write(`${text}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Keeps proxies and this server from taking silence for the end; left out when something waits already. */
  beat(): void {
    if (this.#waiting.length === 0) this.#write(': \n\n');
  }

  /** What waits is dropped: a reader that is slow now would hold a shutdown up. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#finish();
    try {
      this.#controller?.close();
    } catch {
      // The reader has gone a moment before.
    }
  }

  #write(text: string): boolean {
    if (this.#ended) return false;
    const bytes = encoder.encode(text);
    if (this.#waitingBytes + bytes.length > this.#maxBytes && this.#waitingBytes > 0) {
      this.#leftOut += 1;
      if (this.#options.overflow === 'end') this.end();
      return false;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#wanted) this.#flush();
    return true;
  }

  #flush(): void {
    if (this.#waiting.length === 0 || this.#ended) return;
    this.#wanted = false;
    const bytes = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (bytes !== undefined) this.#controller?.enqueue(bytes);
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = [];
    this.#options.onEnd?.();
  }
}
