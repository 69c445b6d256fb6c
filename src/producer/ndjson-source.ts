import { DEPTH_BOUND, parseBoundedJson } from '../lib/bounded-json.ts';
import { DocumentSplitter } from '../lib/documents.ts';
import type { Line } from '../lib/lines.ts';
import { decodeOrder } from '../order/decode.ts';
import type { RejectionReason } from '../order/rejection.ts';
import type { MessageSource, SourceMessage } from './message-source.ts';

/** A line that is not an order. */
export interface BadLine {
  /** From 1. */
  readonly line: number;
  readonly reason: RejectionReason;
  readonly detail: string;
}

export interface NdjsonSourceOptions {
  /** The file's bytes: a file's stream, standard input. Read no faster than messages are taken. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Longest line that is an order; longer ones are bad, and from 16 MiB on never sent. Bytes. */
  readonly maxOrderBytes: number;
  /** Send bad lines as they are. */
  readonly allowInvalid?: boolean;
  readonly onBadLine: (line: BadLine) => void;
  readonly now: () => number;
}

/** A line that grows past this is not kept in memory. */
const MAX_LINE_BYTES = 16_777_216;

/**
 * Orders from newline-delimited JSON, or from JSON that spans lines or is in a list (see DocumentSplitter); their bytes
 * stay unaltered. The key is the order_uid, if there is one. A bad line is reported and, unless allowInvalid, skipped.
 * Keeps one chunk and one line in memory.
 */
export class NdjsonSource implements MessageSource {
  readonly #options: NdjsonSourceOptions;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #splitter = new DocumentSplitter(MAX_LINE_BYTES);
  #lines: Line[] = [];
  #skipped = 0;
  #ended = false;

  constructor(options: NdjsonSourceOptions) {
    this.#options = options;
    this.#chunks = options.input[Symbol.asyncIterator]();
  }

  get skipped(): number {
    return this.#skipped;
  }

  async take(max: number): Promise<readonly SourceMessage[]> {
    const messages: SourceMessage[] = [];
    while (messages.length < max) {
      const line = this.#lines.shift();
      if (line === undefined) {
        // Send what is there before the next read, which may take long on a pipe.
        if (messages.length > 0 || this.#ended) break;
        const { done, value } = await this.#chunks.next();
        this.#ended = done === true;
        this.#lines = value === undefined || done === true ? this.#splitter.end() : this.#splitter.push(value);
        continue;
      }
      const message = this.#toMessage(line);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  #toMessage({ number, bytes: line }: Line): SourceMessage | undefined {
    const { allowInvalid = false, maxOrderBytes, now, onBadLine } = this.#options;
    if (line === undefined) {
      onBadLine({ line: number, reason: 'too_large', detail: `/: more than ${MAX_LINE_BYTES} bytes` });
      this.#skipped += 1;
      return undefined;
    }
    const decoded = decodeOrder(line, { maxBytes: maxOrderBytes, now });
    if (decoded.ok) return { key: Buffer.from(decoded.order.order_uid), value: line, note: undefined };
    onBadLine({ line: number, reason: decoded.reason, detail: decoded.detail });
    if (allowInvalid) return { key: keyOf(line), value: line, note: undefined };
    this.#skipped += 1;
    return undefined;
  }
}

/** The order_uid of a line that is JSON but not an order. */
function keyOf(line: Buffer): Buffer | null {
  try {
    const parsed = parseBoundedJson(line, DEPTH_BOUND);
    if (typeof parsed !== 'object' || parsed === null || !('order_uid' in parsed)) return null;
    const { order_uid: uid } = parsed;
    return typeof uid === 'string' && uid !== '' ? Buffer.from(uid) : null;
  } catch {
    return null;
  }
}
