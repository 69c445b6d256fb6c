import type { CacheTrouble } from './cache-trouble.ts';
import type { InvalidationSource } from './invalidation-feed.ts';
import type { OrderDocument } from './stored-orders.ts';

/** What a cache holds, by tier. */
export interface CacheOverview {
  /** The tier in this process itself. */
  readonly l1: { readonly enabled: boolean; readonly orders: number; readonly bytes: number };
  readonly redis: {
    /** Why Redis is not in use, or takes no orders; undefined when all is well. */
    readonly trouble: CacheTrouble | undefined;
    /** One for each master of a cluster; none while Redis is not in use. */
    readonly nodes: readonly RedisNodeOverview[];
  };
}

export interface RedisNodeOverview {
  readonly address: string;
  /** Whether it tells of changed keys, so that orders may be kept in this process. */
  readonly tracked: boolean;
  /** All keys of its database, those of others included. */
  readonly keys: number;
  /** Undefined where the server does not tell. */
  readonly usedBytes: number | undefined;
  /** 0: no limit. */
  readonly maxBytes: number | undefined;
}

/** `lease`: somebody is reading this order from PostgreSQL to fill it in. */
export type CachedKind = 'order' | 'lease';

export interface CachedKey {
  readonly uid: string;
  readonly kind: CachedKind;
  /** Life left, ms; undefined when it never ends. */
  readonly ttlMs: number | undefined;
  readonly bytes: number;
}

export interface CachedKeyPage {
  /** In no order; a key may come twice. */
  readonly keys: readonly CachedKey[];
  /** Where to go on; undefined after the last. */
  readonly cursor: string | undefined;
}

/** What the tiers have of one order. */
export interface CachedOrder {
  readonly l1: OrderDocument | undefined;
  /** `document` is undefined for a lease, and for bytes that are no order. */
  readonly redis: (CachedKey & { readonly document: OrderDocument | undefined }) | undefined;
}

/** Looks into a cache of orders and clears it. Calls throw AppError `cache_unavailable` (retryable) while Redis is not in use, but `overview`. */
export interface CacheInspector {
  /** What this process makes the cache forget, or is told to forget itself. */
  readonly invalidations: InvalidationSource;
  /** As in the overview, at once. */
  readonly trouble: CacheTrouble | undefined;
  /** What Redis has refused or failed to do since the process started, by its kind. */
  readonly errors: Readonly<Partial<Record<CacheTrouble, number>>>;
  overview(): Promise<CacheOverview>;
  /** About `count` keys. Undefined when the cursor is none. */
  keys(cursor: string | undefined, count: number): Promise<CachedKeyPage | undefined>;
  find(uid: string): Promise<CachedOrder>;
  /** Forgets one order in all tiers, of all processes. False when Redis could not be told yet: that is made good later. */
  evict(uid: string): Promise<boolean>;
  /** Forgets all orders in all tiers; other keys of the same Redis stay. How many keys there were. */
  flush(): Promise<number>;
}
