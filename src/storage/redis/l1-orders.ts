import { LRUCache } from 'lru-cache';
import type { FoundOrder, OrderDocument } from '../stored-orders.ts';

/** What an entry takes besides its body: key, tag, origin, and its places in the list and the table; measured. */
const OVERHEAD_BYTES = 900;

/**
 * L1, the first tier: orders in the memory of this process, bounded by bytes; the least recently used go first.
 *
 * Its orders are copies that may become stale, so it answers only while it is trusted, and accepts an order only if it
 * was not told to forget it since the read began. Its owner drives all that.
 */
export class L1Orders {
  readonly #orders: LRUCache<string, FoundOrder> | undefined;
  readonly #reads = new Map<string, symbol>();
  #trustedUntil = 0;

  /** `maxBytes` includes the overhead; with 0 it stays empty. */
  constructor(maxBytes: number) {
    if (maxBytes === 0) return;
    this.#orders = new LRUCache({
      maxSize: maxBytes,
      maxEntrySize: Math.max(1, Math.floor(maxBytes / 8)),
      sizeCalculation: ({ body }) => body.byteLength + OVERHEAD_BYTES,
    });
  }

  get enabled(): boolean {
    return this.#orders !== undefined;
  }

  get bytes(): number {
    return this.#orders?.calculatedSize ?? 0;
  }

  get count(): number {
    return this.#orders?.size ?? 0;
  }

  get(uid: string): FoundOrder | undefined {
    if (this.#orders === undefined || performance.now() > this.#trustedUntil) return undefined;
    return this.#orders.get(uid);
  }

  /** Call it before these orders are read from Redis, and `ended` afterwards. */
  reading(uids: readonly string[]): symbol {
    const ticket = Symbol();
    if (performance.now() <= this.#trustedUntil) for (const uid of uids) this.#reads.set(uid, ticket);
    return ticket;
  }

  /**
   * Accepts an order that was read, unless it was forgotten since `reading`. Strings are copied: a slice of a line
   * would keep the whole line, and comparing it would read two more places in memory.
   */
  put(uid: string, ticket: symbol, { body, etag, origin }: OrderDocument): void {
    if (this.#orders === undefined || this.#reads.get(uid) !== ticket) return;
    this.#orders.set(ownCopy(uid), { body, etag: ownCopy(etag), origin, tier: 'l1', headers: undefined });
  }

  ended(uids: readonly string[], ticket: symbol): void {
    for (const uid of uids) if (this.#reads.get(uid) === ticket) this.#reads.delete(uid);
  }

  /** Drops an order that may have changed; true if it was there. */
  forget(uid: string): boolean {
    this.#reads.delete(uid);
    return this.#orders?.delete(uid) ?? false;
  }

  /** Answers until the instant (of `performance.now`), up to which everything is known that must be forgotten. */
  trustUntil(at: number): void {
    this.#trustedUntil = at;
  }

  /** Drops all orders; returns how many there were. */
  forgetAll(): number {
    const dropped = this.count;
    this.#reads.clear();
    this.#orders?.clear();
    return dropped;
  }

  /** Drops all orders, and answers nothing until it is trusted again; returns how many there were. */
  flush(): number {
    this.#trustedUntil = 0;
    return this.forgetAll();
  }
}

function ownCopy(text: string): string {
  return Buffer.from(text).toString();
}
