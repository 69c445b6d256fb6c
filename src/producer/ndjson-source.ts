import { DEPTH_BOUND, parseBoundedJson } from '../lib/bounded-json.ts';
import { decodeOrder } from '../order/decode.ts';
import type { RejectionReason } from '../order/rejection.ts';
import type { MessageSource, SourceMessage } from './source.ts';

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

const LF = 0x0a;
const CR = 0x0d;
/** A line that grows past this is not kept in memory. */
const MAX_LINE_BYTES = 16_777_216;

/**
 * Orders from newline-delimited JSON, a line each, their bytes unaltered. The key is the order_uid, where the line has one.
 * Empty lines are passed over. A bad line is reported and, unless allowInvalid, left out. Memory: one chunk and one line.
 */
export class NdjsonSource implements MessageSource {
  readonly #options: NdjsonSourceOptions;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  /** The line just read was too long to be kept. */
  #overlong = false;
  #line = 0;
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
      const line = this.#nextLine();
      if (line === undefined) {
        // What is at hand goes out before the next read, which may be long in coming on a pipe.
        if (messages.length > 0 || this.#ended) break;
        await this.#read();
        continue;
      }
      const message = this.#toMessage(line);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  /** The next whole line without its end; undefined when more has to be read first. */
  #nextLine(): Buffer | undefined {
    const end = this.#chunk.indexOf(LF, this.#at);
    if (end < 0 && !this.#ended) return undefined;
    const piece = this.#chunk.subarray(this.#at, end < 0 ? undefined : end);
    if (end < 0 && piece.length === 0 && this.#restBytes === 0) return undefined;
    this.#at = end < 0 ? this.#chunk.length : end + 1;
    this.#overlong = this.#restBytes + piece.length > MAX_LINE_BYTES;
    const line = this.#rest.length === 0 ? piece : Buffer.concat([...this.#rest, piece]);
    this.#rest = [];
    this.#restBytes = 0;
    this.#line += 1;
    return line.at(-1) === CR ? line.subarray(0, -1) : line;
  }

  async #read(): Promise<void> {
    const piece = this.#chunk.subarray(this.#at);
    this.#restBytes += piece.length;
    if (this.#restBytes <= MAX_LINE_BYTES) this.#rest.push(piece);
    else this.#rest = [];
    const { done, value } = await this.#chunks.next();
    this.#ended = done === true;
    this.#chunk = value === undefined ? Buffer.alloc(0) : Buffer.from(value);
    this.#at = 0;
  }

  #toMessage(line: Buffer): SourceMessage | undefined {
    const { allowInvalid = false, maxOrderBytes, now, onBadLine } = this.#options;
    if (this.#overlong) {
      onBadLine({ line: this.#line, reason: 'too_large', detail: `/: more than ${MAX_LINE_BYTES} bytes` });
      this.#skipped += 1;
      return undefined;
    }
    if (line.length === 0) return undefined;
    const decoded = decodeOrder(line, { maxBytes: maxOrderBytes, now });
    if (decoded.ok) return { key: Buffer.from(decoded.order.order_uid), value: line, note: undefined };
    onBadLine({ line: this.#line, reason: decoded.reason, detail: decoded.detail });
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
