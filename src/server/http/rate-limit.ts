import { LRUCache } from 'lru-cache';

interface Bucket {
  tokens: number;
  /** ms. */
  filledAt: number;
}

/** Most addresses remembered; the one not seen for longest is forgotten first, and starts afresh. */
const MOST_CLIENTS = 50_000;
const BURST_SECONDS = 2;

/** A token bucket a client: `perSecond` requests, and two seconds' worth at once. */
export class RateLimit {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new LRUCache<string, Bucket>({ max: MOST_CLIENTS });

  /** `now` is a clock that never goes back, ms. */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perMs = perSecond / 1000;
    this.#burst = perSecond * BURST_SECONDS;
    this.#now = now;
  }

  /** 0 for a request that may go on, otherwise how many seconds to wait, rounded up. */
  secondsToWait(client: string): number {
    const now = this.#now();
    let bucket = this.#buckets.get(client);
    if (bucket === undefined) {
      bucket = { tokens: this.#burst, filledAt: now };
      this.#buckets.set(client, bucket);
    }
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (now - bucket.filledAt) * this.#perMs);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / this.#perMs / 1000));
    bucket.tokens--;
    return 0;
  }
}
