import type { ReadVersion } from '../contract/reader.ts';

/** What is known of an order. Never changed: it says what was known when it was looked up. */
export interface KnownOrder {
  readonly uid: string;
  /** The last list that had it: when that arrived, by `performance.now`, and `stored_at`, ms since the Unix epoch. */
  readonly listed: { readonly storedAt: number; readonly arrivedAt: number };
  /** The newest version a lookup has given. */
  readonly read?: { readonly version: ReadVersion; readonly etag: string | undefined } | undefined;
}

/** One line of a list. */
export interface ListedOrder {
  readonly uid: string;
  /** ms since the Unix epoch. */
  readonly storedAt: number;
}

/**
 * Orders that are there, the most recently stored first, and what readers have seen of each; the oldest are forgotten
 * when there are more than `capacity`.
 */
export class KnownOrders {
  readonly #capacity: number;
  /** Uids by their place, modulo the capacity. */
  readonly #places: string[];
  readonly #orders = new Map<string, KnownOrder & { readonly place: number }>();
  /** Places from here on, and before `next`, are taken; a higher one is newer. */
  #first: number;
  #next: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#places = Array.from({ length: capacity }, () => '');
    // Far from 0, so that older orders have places, too.
    this.#first = capacity;
    this.#next = capacity;
  }

  get size(): number {
    return this.#orders.size;
  }

  get full(): boolean {
    return this.#next - this.#first >= this.#capacity;
  }

  get(uid: string): KnownOrder | undefined {
    return this.#orders.get(uid);
  }

  /** Adds what a list of the newest has shown, newest first; an order that was stored anew is among the newest again. */
  learnNewest(orders: readonly ListedOrder[], arrivedAt: number): void {
    for (const { uid, storedAt } of orders.toReversed()) {
      const known = this.#orders.get(uid);
      if (known !== undefined && storedAt <= known.listed.storedAt) continue;
      const place = this.#newest(uid);
      this.#orders.set(uid, { uid, place, listed: { storedAt, arrivedAt }, read: known?.read });
    }
  }

  /** Adds orders of a list, newest first, that are older than all it knows, as far as there is room. */
  learnOlder(orders: readonly ListedOrder[], arrivedAt: number): void {
    for (const { uid, storedAt } of orders) {
      if (this.full || this.#first === 0) return;
      if (this.#orders.has(uid)) continue;
      const place = --this.#first;
      this.#places[place % this.#capacity] = uid;
      this.#orders.set(uid, { uid, place, listed: { storedAt, arrivedAt } });
    }
  }

  /** Notes which version a lookup has given. */
  noteRead(uid: string, version: ReadVersion, etag: string | undefined): void {
    const known = this.#orders.get(uid);
    if (known !== undefined) this.#orders.set(uid, { ...known, read: { version, etag } });
  }

  forget(uid: string): void {
    this.#orders.delete(uid);
  }

  /** One of them, by Zipf's law over their order, for a number from 0 to 1; undefined when that place is empty. */
  pick(random: number, exponent: number): KnownOrder | undefined {
    const count = this.#next - this.#first;
    if (count === 0) return undefined;
    const place = this.#next - zipfRank(count, exponent, random);
    return this.#orders.get(this.#places[place % this.#capacity] ?? '');
  }

  #newest(uid: string): number {
    if (this.full) {
      const oldest = this.#places[this.#first % this.#capacity] ?? '';
      // Unless it has another place by now.
      if (this.#orders.get(oldest)?.place === this.#first) this.#orders.delete(oldest);
      this.#first += 1;
    }
    const place = this.#next++;
    this.#places[place % this.#capacity] = uid;
    return place;
  }
}

/**
 * A rank from 1 to `count`, rank k about k^-exponent as likely as the first: the whole part of a power law between 1
 * and count + 1, by inversion. `random`: from 0 to 1.
 */
export function zipfRank(count: number, exponent: number, random: number): number {
  const end = count + 1;
  const power = 1 - exponent;
  const value = Math.abs(power) < 1e-9 ? end ** random : (1 + random * (end ** power - 1)) ** (1 / power);
  return Math.min(count, Math.max(1, Math.floor(value)));
}
