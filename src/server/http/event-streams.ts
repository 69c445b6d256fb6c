import { EventStream, type EventStreamOptions } from './event-stream.ts';

export interface EventStreamsOptions {
  /** Most streams at once. */
  readonly max?: number;
  /** Time between signs of life, ms; well below the server's idle time-out. */
  readonly beatMs?: number;
}

/** All open streams of this server: how many there may be, their signs of life, and their end when it stops. */
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

  /** Undefined when there are as many as there may be, or the server stops. */
  open(options: EventStreamOptions): EventStream | undefined {
    if (this.#closed || this.#open.size >= this.#max) return undefined;
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

  /** Ends all streams at once, and opens no more: a stream never ends by itself, so a server that stops can't wait for it. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#open) stream.end();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
