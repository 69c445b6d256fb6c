import type { CacheTrouble } from './cache-trouble.ts';
import type { InvalidationSource } from './invalidation-feed.ts';
import type { OrderDocument } from './stored-orders.ts';

/** What the cache holds, by tier. */
export interface CacheOverview {
  readonly l1: { readonly enabled: boolean; readonly orders: number; readonly bytes: number };
  readonly redis: {
    /** Why Redis is not in use, or takes no orders; undefined when all is well. */
    readonly trouble: CacheTrouble | undefined;
    /** One for each master of a cluster; empty while Redis is not in use. */
    readonly nodes: readonly RedisNodeOverview[];
  };
}

export interface RedisNodeOverview {
  readonly address: string;
  /** Whether it reports changed keys, which L1 depends on. */
  readonly tracked: boolean;
  /** All keys of its database, including those of others. */
  readonly keys: number;
  /** Undefined when the server does not tell. */
  readonly usedBytes: number | undefined;
  /** 0: no limit. */
  readonly maxBytes: number | undefined;
}

/** `lease`: somebody is reading this order from PostgreSQL to fill the key. */
type CachedKind = 'order' | 'lease';

export interface CachedKey {
  readonly uid: string;
  /** Its exact name in Redis. */
  readonly key: string;
  readonly kind: CachedKind;
  /** Time to live, ms; undefined when it never expires. */
  readonly ttlMs: number | undefined;
  readonly bytes: number;
}

export interface CachedKeyPage {
  /** In any order; a key may come twice. */
  readonly keys: readonly CachedKey[];
  /** Keys of the database that were looked at, about; those of others are among them. */
  readonly scanned: number;
  /** Of the next page; undefined after the last. */
  readonly cursor: string | undefined;
}

/** Which keys: all orders and leases, or those whose uid contains a text; from a cursor on. */
export interface KeySearch {
  readonly contains?: string | undefined;
  readonly cursor?: string | undefined;
}

/** A part of evicting all that a search finds. */
export interface Eviction {
  /** Orders and leases that were evicted, or would be. */
  readonly orders: number;
  /** False: Redis did not confirm all of them; it is told again before it is used again. */
  readonly delivered: boolean;
  readonly scanned: number;
  readonly cursor: string | undefined;
}

/** What the tiers have for one order. */
export interface CachedOrder {
  readonly l1: OrderDocument | undefined;
  /** `document` is undefined for a lease and for an invalid value. */
  readonly redis: (CachedKey & { readonly value: Buffer; readonly document: OrderDocument | undefined }) | undefined;
}

/**
 * Looks into a cache and clears it.
 * @throws AppError `cache_unavailable` (retryable) from every call but `overview` while Redis is not in use
 */
export interface InspectedCache {
  /** What this process invalidates, or is told to forget. */
  readonly invalidations: InvalidationSource;
  /** Why Redis is not in use, or takes no orders; undefined when all is well. */
  readonly trouble: CacheTrouble | undefined;
  /** What Redis has refused or failed to do since the process started, by kind. */
  readonly errors: Readonly<Partial<Record<CacheTrouble, number>>>;
  overview(): Promise<CacheOverview>;
  /** About `count` keys, fewer when many had to be looked at; undefined when the cursor is invalid. */
  keys(search: KeySearch, count: number): Promise<CachedKeyPage | undefined>;
  find(uid: string): Promise<CachedOrder>;
  /** Forgets orders in all tiers of all processes. False when Redis could not be reached yet; this is retried. */
  evict(...uids: string[]): Promise<boolean>;
  /** The same for some of those that a search finds; a dry run only counts them. Undefined when the cursor is invalid. */
  evictFound(search: KeySearch, dryRun: boolean): Promise<Eviction | undefined>;
  /** Forgets all orders in all tiers; other keys of the same Redis stay. Returns how many keys there were. */
  flush(): Promise<number>;
}
