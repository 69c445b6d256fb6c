import { BACKSLASH, LETTER_U, NINE, QUOTE, SPACE, ZERO } from '../lib/json-bytes.ts';

/** The letters after a backslash by which JSON escapes a character (RFC 8259 section 7), and COPY the same one. */
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));
/** Characters that COPY takes for something else without a backslash, and the letter behind it. */
const SPECIAL = new Map(['\\\\', '\tt', '\nn', '\rr'].map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]));

/**
 * Values that a message spells in another way than they are stored: dates, and texts with escapes. Here they stand as
 * in COPY's text format, which has JSON's escapes but for `\uXXXX`.
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export class Rewritten {
  bytes: Buffer = Buffer.alloc(0);
  /** How many of them are written. */
  length = 0;
  /** Bytes of the last text, without the backslashes before others. */
  textLength = 0;

  clear(): void {
    this.length = 0;
  }

  ascii(text: string): void {
    this.#room(text.length);
    this.length += this.bytes.write(text, this.length, 'latin1');
  }

  /**
   * A JSON string of `source` from `from` on, whose first backslash is at `first`. Returns where it goes on behind the
   * closing quote; 0 when it is no string of at most `most` bytes before `end`, or holds U+0000 or a lone surrogate.
   */
  text(source: Buffer, from: number, first: number, end: number, most: number): number {
    // No escape is shorter than what it stands for.
    this.#room(end - from);
    const out = this.bytes;
    const start = this.length;
    let to = start + source.copy(out, start, from, first);
    let backslashes = 0;
    for (let at = first; at < end && to - start - backslashes <= most; at++) {
      const byte = source[at] as number;
      if (byte === QUOTE) {
        this.textLength = to - start - backslashes;
        this.length = to;
        return at + 1;
      }
      if (byte < SPACE) return 0;
      if (byte !== BACKSLASH) {
        out[to++] = byte;
        continue;
      }
      at += 1;
      let letter = source[at] as number;
      if (letter === LETTER_U) {
        let code = hex(source, at + 1);
        at += 4;
        if (code >= 0xd800 && code <= 0xdbff && source[at + 1] === BACKSLASH && source[at + 2] === LETTER_U) {
          const low = hex(source, at + 3);
          if (low < 0xdc00 || low > 0xdfff) return 0;
          code = 0x10000 + ((code - 0xd800) << 10) + low - 0xdc00;
          at += 6;
        }
        // Not hexadecimal, U+0000, or half a pair.
        if (code <= 0 || (code >= 0xd800 && code <= 0xdfff)) return 0;
        const special = SPECIAL.get(code);
        if (special === undefined) {
          to = writeUtf8(out, to, code);
          continue;
        }
        letter = special;
      } else if (!ESCAPES.has(letter)) {
        return 0;
      }
      out[to++] = BACKSLASH;
      out[to++] = letter;
      backslashes += 1;
    }
    return 0;
  }

  #room(length: number): void {
    const needed = this.length + length;
    if (this.bytes.length >= needed) return;
    const larger = Buffer.allocUnsafeSlow(2 * needed);
    this.bytes.copy(larger);
    this.bytes = larger;
  }
}

/** Four hexadecimal digits; −1 when they are not. */
function hex(source: Buffer, from: number): number {
  let value = 0;
  for (let at = from; at < from + 4; at++) {
    const byte = source[at] as number;
    const digit = byte <= NINE ? byte - ZERO : (byte | 0x20) - 0x57;
    if (!(digit >= 0 && digit <= 15) || (byte > NINE && digit < 10)) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** Returns where the next byte goes. */
function writeUtf8(out: Uint8Array, from: number, code: number): number {
  let at = from;
  if (code < 0x80) {
    out[at++] = code;
    return at;
  }
  if (code < 0x800) {
    out[at++] = 0xc0 | (code >> 6);
  } else {
    if (code < 0x10000) {
      out[at++] = 0xe0 | (code >> 12);
    } else {
      out[at++] = 0xf0 | (code >> 18);
      out[at++] = 0x80 | ((code >> 12) & 0x3f);
    }
    out[at++] = 0x80 | ((code >> 6) & 0x3f);
  }
  out[at++] = 0x80 | (code & 0x3f);
  return at;
}
