import { ByteWriter, utf8 } from '../lib/byte-writer.ts';
import { Random } from './random.ts';

const VERSION = utf8('00-');
const DASH = utf8('-');
const SAMPLED = utf8('-01');
const CONTENT_TYPE = Buffer.from('application/json');

/** The headers of one producer's messages. */
export class MessageHeaders {
  readonly #random = new Random();
  readonly #out = new ByteWriter();
  #sentAtMs = Number.NaN;
  #sentAtText = Buffer.alloc(0);

  constructor() {
    const [seed = 0, index = 0] = crypto.getRandomValues(new Uint32Array(2));
    this.#random.reset(seed, index, 0);
  }

  /**
   * `content-type`, `produced-at` (ms since the Unix epoch, as text) and `traceparent`: a new sampled trace
   * for each message.
   * @see https://www.w3.org/TR/trace-context/#traceparent-header
   */
  next(nowMs: number): Record<string, Buffer> {
    if (nowMs !== this.#sentAtMs) {
      this.#sentAtMs = nowMs;
      this.#sentAtText = Buffer.from(String(nowMs));
    }
    const out = this.#out;
    out.bytes(VERSION);
    // All zeroes are not a valid id; one set bit makes sure.
    this.#hex(1);
    this.#hex(0);
    this.#hex(0);
    this.#hex(0);
    out.bytes(DASH);
    this.#hex(1);
    this.#hex(0);
    out.bytes(SAMPLED);
    return { 'content-type': CONTENT_TYPE, 'produced-at': this.#sentAtText, traceparent: out.finish() };
  }

  #hex(set: number): void {
    this.#out.hex(this.#random.bits() | set, 8);
  }
}
