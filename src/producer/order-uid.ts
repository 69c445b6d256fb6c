import { mix32 } from './random.ts';

const HALF = 0x3fffffff;
const HALF_SIZE = 0x40000000;
const ROUNDS = Int32Array.of(0x9e3779b9, 0x7f4a7c15, 0xf39cc060, 0x5cedc834, 0x1082276b);
const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

/** Eight lower-case hex digits. */
export function hex32(value: number): string {
  return `${HEX[value >>> 24]}${HEX[(value >>> 16) & 255]}${HEX[(value >>> 8) & 255]}${HEX[value & 255]}`;
}

/**
 * The order_uid of an index: 15 hex digits and `test`, as in the classic sample. Within a seed no two indexes
 * (0..2⁵³−1) share one: the digits are a permutation of 60 bits, a balanced Feistel network (Luby & Rackoff, 1988)
 * keyed by the seed.
 */
export class OrderUid {
  /** The first 28 bits, and the 32 that follow, signed. */
  high = 0;
  low = 0;

  set(seed: number, index: number): void {
    let left = Math.floor(index / HALF_SIZE);
    let right = index % HALF_SIZE;
    for (let round = 0; round < ROUNDS.length; round += 1) {
      const next = left ^ (mix32((right ^ seed) + (ROUNDS[round] ?? 0)) & HALF);
      left = right;
      right = next;
    }
    this.high = left >>> 2;
    this.low = ((left & 3) << 30) | right;
  }

  toString(): string {
    return `${hex32(this.high).slice(1)}${hex32(this.low)}test`;
  }
}

/** The order_uid of (seed, index) as text. */
export function orderUid(seed: number, index: number): string {
  const uid = new OrderUid();
  uid.set(seed, index);
  return uid.toString();
}
