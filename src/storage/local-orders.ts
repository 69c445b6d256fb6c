import { LRUCache } from 'lru-cache';
import type { FoundOrder, OrderDocument } from './stored-orders.ts';

/** What an entry takes beside its body: key, tag, origin, and the list and table it stands in; measured. */
const OVERHEAD_BYTES = 900;

/**
 * The first tier: orders in this process's own memory, bounded by bytes, the least recently used go first.
 *
 * It holds copies of what another store may change, so it answers only while it is trusted, and takes an order only if it was not
 * told to forget it since the reading began. All of that is for its owner to drive.
 */
export class LocalOrders {
  readonly #orders: LRUCache<string, FoundOrder> | undefined;
  readonly #reads = new Map<string, symbol>();
  #trustedUntil = 0;

  /** Most bytes, overhead included; 0: it never holds anything. */
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

  /** Notes that these are about to be read from where they may be changed; end it with `ended`. */
  reading(uids: readonly string[]): symbol {
    const ticket = Symbol();
    if (performance.now() <= this.#trustedUntil) for (const uid of uids) this.#reads.set(uid, ticket);
    return ticket;
  }

  /**
   * Takes what was read, unless it was to be forgotten since `reading`. Strings are copied: cut out of an address or a line, they would
   * keep the whole of it, and to compare one is to read two more places in memory.
   */
  put(uid: string, ticket: symbol, { body, etag, origin }: OrderDocument): void {
    if (this.#orders === undefined || this.#reads.get(uid) !== ticket) return;
    this.#orders.set(ownCopy(uid), { body, etag: ownCopy(etag), origin, tier: 'l1', headers: undefined });
  }

  ended(uids: readonly string[], ticket: symbol): void {
    for (const uid of uids) if (this.#reads.get(uid) === ticket) this.#reads.delete(uid);
  }

  /** The order may have changed. Whether it was kept. */
  forget(uid: string): boolean {
    this.#reads.delete(uid);
    return this.#orders?.delete(uid) ?? false;
  }

  /** Up to the instant (of `performance.now`), all is known that had to be forgotten. */
  trustUntil(at: number): void {
    this.#trustedUntil = at;
  }

  /** Any order may have changed. How many were kept. */
  forgetAll(): number {
    const kept = this.count;
    this.#reads.clear();
    this.#orders?.clear();
    return kept;
  }

  /** Forgets everything, and answers nothing before it is trusted again. How many were kept. */
  flush(): number {
    this.#trustedUntil = 0;
    return this.forgetAll();
  }
}

function ownCopy(text: string): string {
  return Buffer.from(text).toString();
}
