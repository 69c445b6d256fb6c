const SLAB_BYTES = 262_144;
/** Longest value finish() may return. */
const MAX_VALUE_BYTES = 65_536;
/** Up to here a loop over the bytes is cheaper than a call into the engine. */
const SHORT = 24;
const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/**
 * Puts bytes together in large shared slabs, so a value costs one small view and not an allocation of its own. The views
 * stay valid for good: a slab is never written twice.
 */
export class ByteWriter {
  private slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private start = 0;
  private at = 0;

  bytes(fragment: Uint8Array): void {
    const { slab, at } = this;
    const { length } = fragment;
    if (length > SHORT) slab.set(fragment, at);
    else for (let i = 0; i < length; i += 1) slab[at + i] = fragment[i] ?? 0;
    this.at = at + length;
  }

  /** A short text of ASCII characters. */
  ascii(text: string): void {
    const { slab, at } = this;
    const { length } = text;
    for (let i = 0; i < length; i += 1) slab[at + i] = text.charCodeAt(i);
    this.at = at + length;
  }

  /** A whole number 0..2⁵³−1 in decimal digits. */
  integer(value: number): void {
    if (value > 2_147_483_647) {
      this.ascii(String(value));
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
      slab[at] = HEX[(value >>> shift) & 15] ?? 0;
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
    const { slab, at } = this;
    const tens = (value / 10) | 0;
    slab[at] = 48 + tens;
    slab[at + 1] = 48 + value - tens * 10;
    this.at = at + 2;
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

  /** What was written since the last call, in an array of its own; the slab is as it was before. */
  copy(): Uint8Array {
    const value = new Uint8Array(this.slab.subarray(this.start, this.at));
    this.at = this.start;
    return value;
  }
}
