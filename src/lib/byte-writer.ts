const SLAB_BYTES = 262_144;
/** Up to this length a loop over the bytes is cheaper than a call into the engine. */
const SHORT = 12;
const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** The text in UTF-8, in an array of its own. */
export function utf8(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

/**
 * Writes bytes one behind the other into a slab of memory, with no object per value. It serves two ways: `finish` hands
 * out what was written as a view that stays valid for good, and `clear` forgets it and writes the same memory again. A
 * slab that is full is replaced by another.
 */
export class ByteWriter {
  private slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private start = 0;
  private at = 0;

  /** Bytes written since the last `finish` or `clear`. */
  get length(): number {
    return this.at - this.start;
  }

  byte(value: number): void {
    if (this.at === this.slab.length) this.renew(1);
    this.slab[this.at] = value;
    this.at += 1;
  }

  bytes(fragment: Uint8Array): void {
    const { length } = fragment;
    if (this.at + length > this.slab.length) this.renew(length);
    const { slab, at } = this;
    if (length > SHORT) slab.set(fragment, at);
    else for (let i = 0; i < length; i += 1) slab[at + i] = fragment[i] ?? 0;
    this.at = at + length;
  }

  /** The bytes of `source` from `from` up to `to`; they are few. */
  copy(source: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (this.at + length > this.slab.length) this.renew(length);
    const { slab } = this;
    let { at } = this;
    // A loop is cheaper than a call into the engine and a view.
    for (let i = from; i < to; i += 1) slab[at++] = source[i] as number;
    this.at = at;
  }

  /** What another writer, or this one, has written from `from` up to `to`. */
  copyFrom(source: ByteWriter, from: number, to: number): void {
    this.copy(source.slab, source.start + from, source.start + to);
  }

  /** Text as UTF-8. */
  text(value: string): void {
    const most = value.length * 3;
    if (this.at + most > this.slab.length) this.renew(most);
    this.at += this.slab.write(value, this.at);
  }

  /** A short text of ASCII characters. */
  ascii(text: string): void {
    const { length } = text;
    if (this.at + length > this.slab.length) this.renew(length);
    const { slab, at } = this;
    for (let i = 0; i < length; i += 1) slab[at + i] = text.charCodeAt(i);
    this.at = at + length;
  }

  /** A whole number −2⁵³+1..2⁵³−1 in decimal digits. */
  integer(value: number): void {
    if (value > 2_147_483_647 || value < 0) {
      this.ascii(String(value));
      return;
    }
    let digits = 1;
    for (let limit = 10; value >= limit && digits < 10; limit *= 10) digits += 1;
    if (this.at + digits > this.slab.length) this.renew(digits);
    this.integerInto(this.length, value, digits);
    this.at += digits;
  }

  /** The lowest `digits` (1..8) hex digits of 32 bits. */
  hex(value: number, digits: number): void {
    if (this.at + digits > this.slab.length) this.renew(digits);
    this.hexInto(this.length, value, digits);
    this.at += digits;
  }

  /** Two decimal digits of 0..99. */
  two(value: number): void {
    if (this.at + 2 > this.slab.length) this.renew(2);
    this.integerInto(this.length, value, 2);
    this.at += 2;
  }

  /** Like hex(), but over bytes already written; `position` counts like `length`. */
  hexInto(position: number, value: number, digits: number): void {
    const { slab } = this;
    const from = this.start + position;
    let rest = value;
    for (let at = from + digits - 1; at >= from; at -= 1) {
      slab[at] = HEX[rest & 15] ?? 0;
      rest >>>= 4;
    }
  }

  /** Like integer(), for values below 2³¹, over as many digits already written. */
  integerInto(position: number, value: number, digits: number): void {
    const { slab } = this;
    const from = this.start + position;
    let rest = value | 0;
    for (let at = from + digits - 1; at >= from; at -= 1) {
      const tenth = (rest / 10) | 0;
      slab[at] = 48 + rest - tenth * 10;
      rest = tenth;
    }
  }

  /** Characters of an alphabet of 32 in the place of six, 30 bits from the lowest five up. */
  lettersInto(position: number, bits: number, alphabet: Uint8Array): void {
    const { slab } = this;
    const from = this.start + position;
    let rest = bits;
    for (let at = from; at < from + 6; at += 1) {
      slab[at] = alphabet[rest & 31] ?? 0;
      rest >>>= 5;
    }
  }

  /** Like byte(), but over a byte already written. */
  byteInto(position: number, value: number): void {
    this.slab[this.start + position] = value;
  }

  /** What was written since the last `finish` or `clear`; later writes do not touch it. */
  finish(): Buffer {
    const value = this.slab.subarray(this.start, this.at);
    this.start = this.at;
    return value;
  }

  /** Forgets what was written since the last `finish`, and writes over it. */
  clear(): void {
    this.at = this.start;
  }

  /** The bytes from `from` up to `to`: good until the next write or `clear`. */
  view(from: number, to: number): Buffer {
    return this.slab.subarray(this.start + from, this.start + to);
  }

  /** A copy of the bytes from `from` up to `to`. */
  slice(from = 0, to = this.length): Buffer {
    return Buffer.from(this.view(from, to));
  }

  /** Goes on in a slab with room for `count` bytes more. What a `finish` returned stays in the old one. */
  private renew(count: number): void {
    const { length } = this;
    const slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (length + count)));
    this.slab.copy(slab, 0, this.start, this.at);
    this.slab = slab;
    this.start = 0;
    this.at = length;
  }
}
