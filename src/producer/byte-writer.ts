const SLAB_BYTES = 262_144;
/** Longest value finish() may return. */
const MAX_VALUE_BYTES = 65_536;
/** Up to here a loop over the characters is cheaper than a call into the engine. */
const SHORT = 16;

/**
 * Puts bytes together in large shared slabs, so a value costs one small view and not an allocation of its own. The views
 * stay valid for good: a slab is never written twice.
 */
export class ByteWriter {
  private slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private start = 0;
  private at = 0;

  /** A string of characters U+0000–U+00FF, one byte each. */
  bytes(text: string): void {
    const { length } = text;
    if (length > SHORT) {
      this.slab.write(text, this.at, 'latin1');
      this.at += length;
      return;
    }
    const { slab } = this;
    let { at } = this;
    for (let i = 0; i < length; i += 1) {
      slab[at] = text.charCodeAt(i);
      at += 1;
    }
    this.at = at;
  }

  /** A whole number 0..2⁵³−1 in decimal digits. */
  integer(value: number): void {
    if (value > 2_147_483_647) {
      this.bytes(String(value));
      return;
    }
    let rest = value | 0;
    let digits = 1;
    for (let limit = 10; rest >= limit && digits < 10; limit *= 10) digits += 1;
    const { slab } = this;
    let last = this.at + digits;
    this.at = last;
    do {
      const tenth = (rest / 10) | 0;
      last -= 1;
      slab[last] = 48 + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
  }

  /** The lowest `digits` (1..8) hex digits of 32 bits. */
  hex(value: number, digits: number): void {
    const { slab } = this;
    let { at } = this;
    for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
      const digit = (value >>> shift) & 15;
      slab[at] = digit < 10 ? 48 + digit : 87 + digit;
      at += 1;
    }
    this.at = at;
  }

  /** One byte. */
  byte(value: number): void {
    this.slab[this.at] = value;
    this.at += 1;
  }

  /** Two decimal digits of 0..99. */
  two(value: number): void {
    const tens = (value / 10) | 0;
    this.byte(48 + tens);
    this.byte(48 + value - tens * 10);
  }

  /** What was written since the last call. */
  finish(): Buffer {
    const value = this.slab.subarray(this.start, this.at);
    this.start = this.at;
    if (this.at > SLAB_BYTES - MAX_VALUE_BYTES) {
      this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.start = 0;
      this.at = 0;
    }
    return value;
  }
}
