/**
 * Pseudo-random numbers that are the same on every machine: 32-bit integer arithmetic, and doubles only where they are
 * exact. (seed, index, stream) chooses a stream, so any order can be drawn without those before it.
 */

export const TWO_32 = 4_294_967_296;

/**
 * Mixes 32 bits so that every input bit reaches every output bit (the "lowbias32" constants of Chris Wellons). Signed:
 * the engine keeps such numbers in integer registers.
 */
export function mix32(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

/** A well-mixed 32-bit hash of a seed (0..2³²−1), an index (0..2⁵³−1) and a stream number. */
export function hash32(seed: number, index: number, stream: number): number {
  const high = Math.floor(index / TWO_32);
  const key = mix32((mix32(seed) >>> 0) + stream);
  return mix32((mix32(key + high + 0x9e3779b9) >>> 0) + index) >>> 0;
}

/** Chris Doty-Humphrey's sfc32 of PractRand: 128 bits of state, passes BigCrush, a nanosecond or two per number. */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  /** Starts the stream of (seed, index, stream); the numbers that follow depend on nothing else. */
  reset(seed: number, index: number, stream: number): void {
    this.a = hash32(seed, index, stream) | 0;
    this.b = index | 0;
    this.c = (Math.floor(index / TWO_32) ^ mix32(seed + stream)) | 0;
    this.counter = 1;
    for (let round = 0; round < 10; round += 1) this.bits();
  }

  /** 32 random bits, −2³¹..2³¹−1. */
  bits(): number {
    const { b, c } = this;
    const sum = (((this.a + b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = b ^ (b >>> 9);
    this.b = (c + (c << 3)) | 0;
    this.c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum;
  }

  /** 0..limit−1, limit up to 2²¹: the product with 32 random bits is exact in a double. */
  below(limit: number): number {
    return ((this.bits() >>> 0) * limit * (1 / TWO_32)) | 0;
  }

  /** low..high, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    const value = list[this.below(list.length)];
    if (value === undefined) throw new RangeError('the list is empty');
    return value;
  }
}

/**
 * Draws 0..n−1 with given weights in constant time: Walker's alias method, the table built as by M. D. Vose, "A linear
 * algorithm for generating random numbers with a given distribution" (IEEE TSE 17(9), 1991).
 */
export class AliasTable {
  readonly #keep: Float64Array;
  readonly #other: Uint32Array;

  constructor(weights: readonly number[]) {
    const n = weights.length;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const scaled = Float64Array.from(weights, (weight) => (weight * n) / total);
    const small: number[] = [];
    const large: number[] = [];
    for (let at = 0; at < n; at += 1) ((scaled[at] ?? 0) < 1 ? small : large).push(at);
    this.#keep = new Float64Array(n).fill(TWO_32);
    this.#other = new Uint32Array(n);
    while (small.length > 0 && large.length > 0) {
      const less = small.pop() ?? 0;
      const more = large.pop() ?? 0;
      const share = scaled[less] ?? 0;
      this.#keep[less] = Math.floor(share * TWO_32);
      this.#other[less] = more;
      const rest = (scaled[more] ?? 0) + share - 1;
      scaled[more] = rest;
      (rest < 1 ? small : large).push(more);
    }
  }

  draw(random: Random): number {
    const column = random.below(this.#keep.length);
    return random.bits() >>> 0 < (this.#keep[column] ?? 0) ? column : (this.#other[column] ?? 0);
  }
}

/**
 * Weights of a Zipf–Mandelbrot law, 1 / (rank + shift), for ranks 1..n. The exponent is 1 because a division is exact
 * to the last bit everywhere, while a power is not.
 */
export function zipfWeights(n: number, shift: number): number[] {
  return Array.from({ length: n }, (_, at) => 1 / (at + 1 + shift));
}
