const FIRST_BYTES = 65_536;

/** Bytes put one behind the other in one buffer that grows and is used again: no object per value. */
export class ByteBuffer {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  /** Bytes written since the last `clear`. */
  get length(): number {
    return this.#length;
  }

  /** Forgets everything; the memory is kept. */
  clear(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** The bytes of `source` from `start` up to `end`. */
  copy(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    const bytes = this.#bytes;
    let at = this.#length;
    // Values are short: a loop is cheaper than a call into the engine and a view.
    for (let from = start; from < end; from++) bytes[at++] = source[from] as number;
    this.#length = at;
  }

  /** Bytes of another such buffer, or of this one again, from `start` up to `end`. */
  copyFrom(source: ByteBuffer, start: number, end: number): void {
    this.copy(source.#bytes, start, end);
  }

  /** Text as UTF-8. */
  text(value: string): void {
    this.#reserve(value.length * 3);
    this.#length += this.#bytes.write(value, this.#length);
  }

  /** A whole number from 0 to 2^53−1, in decimal digits. */
  integer(value: number): void {
    this.#reserve(16);
    const bytes = this.#bytes;
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits += 1;
    let rest = value;
    for (let at = this.#length + digits - 1; at >= this.#length; at--) {
      const tenth = Math.floor(rest / 10);
      bytes[at] = 48 + (rest - tenth * 10);
      rest = tenth;
    }
    this.#length += digits;
  }

  /** The bytes from `start` up to `end` themselves: good until the next write or `clear`. */
  view(start: number, end: number): Buffer {
    return this.#bytes.subarray(start, end);
  }

  /** A copy of the bytes from `start` up to `end`, which later writes do not touch. */
  slice(start = 0, end = this.#length): Buffer {
    return Buffer.from(this.#bytes.subarray(start, end));
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
