import type { InvalidationCause } from './invalidation-feed.ts';
import type { FoundOrder, OrderDocument } from './stored-orders.ts';

/** What the cache said about the uids it was asked for. A uid that is nowhere in it is a miss that may not be filled. */
export interface CacheAnswer {
  readonly found: ReadonlyMap<string, OrderDocument>;
  /**
   * Leases by uid: leave to fill that key with what the database says from now on. See "Scaling Memcache at Facebook"
   * (NSDI '13), section 3.2.1.
   */
  readonly leases: ReadonlyMap<string, string>;
  /** Uids for which someone else has a lease: most likely the order will be there in a few milliseconds. */
  readonly held: ReadonlySet<string>;
}

/** What the database said after the lease was given. */
export interface CacheFill {
  readonly uid: string;
  readonly lease: string;
  /** Undefined when there is no such order, or it could not be read: absence is not cached, the lease is given back. */
  readonly document: OrderDocument | undefined;
}

/**
 * A cache of stored orders that may lose anything at any time and never serves what was invalidated. No call throws but `ping`.
 *
 * That an order does not exist is not cached: a new order would be hidden until the cache was told of it, and whoever stores it can
 * be killed, or cut off from the cache, right after its commit. To be right, each new order would have to be noted in its
 * transaction, as changed ones are: a row more for every order. Instead, lookups of one uid at a time share one read, and
 * those of different uids share queries, of which only a few run at once.
 */
export interface OrderCache {
  /** The order, if this process itself holds it: no waiting, no traffic. */
  local(uid: string): FoundOrder | undefined;
  /** Looks the uids up; a cache that can't answer in time answers with nothing. */
  get(uids: readonly string[]): Promise<CacheAnswer>;
  /** Stores each order, or gives its lease back, unless the lease was lost to an invalidation, to time or to another fill. */
  fill(fills: readonly CacheFill[]): Promise<void>;
  /**
   * Call it after the commit that changed these orders; new orders need none, since absence is not cached. From the call on, `get`
   * and `local` in this process do not answer for them. Resolves to true once the cache forgot them, and to false when it could
   * not be reached: then it is retried in the background, and the cache is not used before it succeeded. The cause, `changed` unless
   * named, is for who looks on.
   */
  invalidate(uids: readonly string[], cause?: InvalidationCause): Promise<boolean>;
  /** Resolves when the cache answers; a first attempt to connect to it is waited for. @throws AppError `cache_unavailable` */
  ping(): Promise<void>;
}
