import { isUtf8 } from 'node:buffer';
import { BACKSLASH, CARRIAGE_RETURN, LINE_FEED, MINUS, NINE, QUOTE, SPACE, TAB, ZERO } from '../lib/json-bytes.ts';
import { Rewritten } from './rewritten.ts';

const FIRST_NON_ASCII = 0x80;
/** Every integer of so many digits is within ±(2^53−1). */
const MAX_DIGITS = 15;

/**
 * Reads JSON piece by piece from bytes, without an object per value. Each method moves on behind what it reads; where
 * one returns false, the place is undefined. It may read beyond the end: `atEnd` tells.
 */
export class JsonCursor {
  /** The bytes last read. */
  bytes: Buffer = Buffer.alloc(0);
  readonly rewritten = new Rewritten();
  protected at = 0;
  protected end = 0;
  /** Where the value last read is: a string without its quotes, from `~from` on in `rewritten` when `from` < 0. */
  protected from = 0;
  protected to = 0;
  /** The integer last read. */
  protected number = 0;
  protected nonAscii = false;

  protected begin(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.nonAscii = false;
    this.rewritten.clear();
  }

  /** Whether all strings read are UTF-8. */
  protected isUtf8(start: number): boolean {
    return !this.nonAscii || isUtf8(this.bytes.subarray(start, this.end));
  }

  /** Nothing but white space is left. */
  protected atEnd(): boolean {
    while (this.at < this.end && isSpace(this.bytes[this.at] as number)) this.at += 1;
    return this.at === this.end;
  }

  /** A byte of JSON's structure, and the white space before it. */
  protected mark(expected: number): boolean {
    if (this.bytes[this.at] !== expected) {
      this.skipSpace();
      if (this.bytes[this.at] !== expected) return false;
    }
    this.at += 1;
    return true;
  }

  protected skipSpace(): void {
    const { bytes } = this;
    let at = this.at;
    while (isSpace(bytes[at] as number)) at += 1;
    this.at = at;
  }

  protected literal(expected: Uint8Array): boolean {
    const bytes = this.bytes;
    const at = this.at;
    const length = expected.length;
    for (let index = 0; index < length; index++) if (bytes[at + index] !== expected[index]) return false;
    this.at = at + length;
    return true;
  }

  /** Up to and with the closing quote. */
  protected string(least: number, most: number): boolean {
    const bytes = this.bytes;
    const from = this.at;
    const limit = Math.min(this.end, from + most + 1);
    for (let at = from; at < limit; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.from = from;
        this.to = at;
        this.at = at + 1;
        return at - from >= least;
      }
      if (byte === BACKSLASH) return this.#escaped(at, least, most);
      if (byte < SPACE) return false;
      if (byte >= FIRST_NON_ASCII) this.nonAscii = true;
    }
    return false;
  }

  #escaped(first: number, least: number, most: number): boolean {
    const { rewritten } = this;
    this.from = ~rewritten.length;
    this.at = rewritten.text(this.bytes, this.at, first, this.end, most);
    this.to = rewritten.length;
    // Whether they are UTF-8 is to be seen.
    this.nonAscii = true;
    return this.at > 0 && rewritten.textLength >= least;
  }

  protected integer(): boolean {
    const bytes = this.bytes;
    if ((bytes[this.at] as number) <= SPACE) this.skipSpace();
    const negative = bytes[this.at] === MINUS;
    const first = negative ? this.at + 1 : this.at;
    const limit = Math.min(this.end, first + MAX_DIGITS);
    let at = first;
    let value = 0;
    for (; at < limit; at++) {
      const byte = bytes[at] as number;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + byte - ZERO;
    }
    const digits = at - first;
    // No number, a leading zero, or −0, which is 0 with another text.
    if (digits === 0 || (bytes[first] === ZERO && (digits > 1 || negative))) return false;
    this.number = negative ? -value : value;
    this.from = this.at;
    this.to = at;
    this.at = at;
    return true;
  }
}

function isSpace(byte: number): boolean {
  return byte <= SPACE && (byte === SPACE || byte === LINE_FEED || byte === TAB || byte === CARRIAGE_RETURN);
}
