const SLAB_BYTES = 262_144;
/** Longest value finish() may return. */
const MAX_VALUE_BYTES = 65_536;
/** Up to this length a loop over the bytes is cheaper than a call into the engine. */
const SHORT = 12;
const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** The text in UTF-8, in an array of its own. */
export function utf8(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

/**
 * Writes values into large shared slabs, so that each costs one small view instead of an allocation. The views stay
 * valid for good: a slab is never written twice.
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
    let digits = 1;
    for (let limit = 10; value >= limit && digits < 10; limit *= 10) digits += 1;
    this.integerInto(this.at, value, digits);
    this.at += digits;
  }

  /** The lowest `digits` (1..8) hex digits of 32 bits. */
  hex(value: number, digits: number): void {
    this.hexInto(this.at, value, digits);
    this.at += digits;
  }

  /** Where the next byte goes; the start of a form whose blanks are filled in afterwards. */
  get position(): number {
    return this.at;
  }

  /** Like hex(), but over bytes already written. */
  hexInto(position: number, value: number, digits: number): void {
    const { slab } = this;
    const end = position + digits;
    let rest = value;
    for (let at = end - 1; at >= position; at -= 1) {
      slab[at] = HEX[rest & 15] ?? 0;
      rest >>>= 4;
    }
  }

  /** Like integer(), for values below 2³¹, over as many digits already written. */
  integerInto(position: number, value: number, digits: number): void {
    const { slab } = this;
    let rest = value | 0;
    for (let at = position + digits - 1; at >= position; at -= 1) {
      const tenth = (rest / 10) | 0;
      slab[at] = 48 + rest - tenth * 10;
      rest = tenth;
    }
  }

  /** Characters of an alphabet of 32 in the place of six, 30 bits from the lowest five up. */
  lettersInto(position: number, bits: number, alphabet: Uint8Array): void {
    const { slab } = this;
    let rest = bits;
    for (let at = position; at < position + 6; at += 1) {
      slab[at] = alphabet[rest & 31] ?? 0;
      rest >>>= 5;
    }
  }

  /** Like byte(), but over a byte already written. */
  byteInto(position: number, value: number): void {
    this.slab[position] = value;
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

  /** A copy of what was written since the last call; the slab is rewound. */
  copy(): Uint8Array {
    const value = new Uint8Array(this.slab.subarray(this.start, this.at));
    this.at = this.start;
    return value;
  }
}
