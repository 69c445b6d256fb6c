import { ProblemError, TOO_MANY_AT_ONCE } from './problem.ts';

/** An event of a `text/event-stream`. */
export interface StreamEvent {
  /** Its name; `message` when absent. */
  readonly event?: string;
  /** Sent as JSON. */
  readonly data: unknown;
  /** A client that reconnects sends the last one it got. */
  readonly id?: string;
}

export interface EventStreamOptions {
  /** Bytes that may wait for the reader. */
  readonly maxBufferedBytes?: number;
  /** An event for which there is no room is left out, or ends the stream. */
  readonly overflow: 'leave_out' | 'end';
  /** Most events that `admits` lets through in a second. */
  readonly maxPerSecond?: number;
  /** Called once, when the reader is gone or the stream was ended. */
  readonly onEnd?: () => void;
}

export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would buffer them.
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
  #secondBegan = 0;
  #inSecond = 0;

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

  /** Whether this second has room for one more event; one that is not admitted counts as left out. */
  admits(): boolean {
    const now = performance.now();
    if (now - this.#secondBegan >= 1_000) {
      this.#secondBegan = now;
      this.#inSecond = 0;
    }
    const admitted = this.#inSecond < (this.#options.maxPerSecond ?? Number.POSITIVE_INFINITY);
    if (admitted) this.#inSecond += 1;
    else this.#leftOut += 1;
    return admitted;
  }

  /** Sends a `left_out` event with the number of events left out since the last call, if there were any. */
  sendLeftOut(): void {
    const count = this.takeLeftOut();
    if (count > 0) this.send({ event: 'left_out', data: { count } });
  }

  /** The number of events left out since the last call. */
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

  /**
   * A sign of life, so that proxies and this server do not close a silent connection; left out when something waits
   * already.
   */
  beat(): void {
    if (this.#waiting.length === 0) this.#write(': \n\n');
  }

  /** Ends the stream and drops what waits: a slow reader would delay a shutdown. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#finish();
    try {
      this.#controller?.close();
    } catch {
      // The reader has just gone.
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

export interface EventStreamsOptions {
  /** Most streams at once. */
  readonly max?: number;
  /** Time between signs of life, ms; well below the server's idle time-out. */
  readonly beatMs?: number;
}

/** The open streams of this server: limits their number, keeps them alive, and ends them when the server stops. */
export class EventStreams {
  readonly #max: number;
  readonly #beatMs: number;
  readonly #open = new Set<EventStream>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  constructor({ max = 64, beatMs = 4_000 }: EventStreamsOptions = {}) {
    this.#max = max;
    this.#beatMs = beatMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @throws ProblemError when there are too many, or the server is stopping */
  open(options: EventStreamOptions): EventStream {
    if (this.#closed || this.#open.size >= this.#max) throw new ProblemError(TOO_MANY_AT_ONCE);
    const stream = new EventStream({
      ...options,
      onEnd: () => {
        this.#open.delete(stream);
        if (this.#open.size === 0) this.#rest();
        options.onEnd?.();
      },
    });
    this.#open.add(stream);
    this.#timer ??= setInterval(() => {
      for (const one of this.#open) one.beat();
    }, this.#beatMs);
    return stream;
  }

  /**
   * Ends all streams at once and opens no more. A stream never ends by itself, so a server that stops can't wait for
   * it.
   */
  close(): void {
    this.#closed = true;
    for (const stream of this.#open) stream.end();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
