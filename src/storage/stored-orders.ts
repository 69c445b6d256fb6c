import type { OrderState } from '../order/states.ts';

/** Where a stored order came from. Instants are ms since the Unix epoch. */
export interface OrderOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The `produced-at` header, or the record's timestamp. */
  readonly producedAt: number;
  readonly storedAt: number;
}

/** A stored order as clients get it. */
export interface OrderDocument {
  /** The order as JSON in UTF-8; the same bytes every time. Not to be written to. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Strong entity tag of the body. */
  readonly etag: string;
  readonly origin: OrderOrigin;
  /** A standby says so, which may be behind: not to be cached. */
  readonly standby?: boolean;
}

/** Who answered: this process's own memory, Redis, or PostgreSQL. */
export type Tier = 'l1' | 'redis' | 'postgresql';

export interface FoundOrder extends OrderDocument {
  readonly tier: Tier;
  /** Response headers, made once while this process keeps the order. The first to answer with it sets them. */
  headers?: Headers | undefined;
}

/** One line of a list of orders. */
export interface OrderSummary {
  readonly order_uid: string;
  readonly track_number: string;
  readonly customer_id: string;
  readonly delivery_name: string;
  readonly delivery_city: string;
  readonly amount: number;
  readonly currency: string;
  readonly items: number;
  readonly state: OrderState;
  readonly date_created: string;
  /** RFC 3339. */
  readonly stored_at: string;
}

/** Which orders; all of what is given must hold. In each range `from` is inclusive and `to` exclusive. */
export interface OrderFilter {
  /** Its order_uid begins with this. */
  readonly uidPrefix?: string | undefined;
  /** Its customer_id, or a word of its delivery.name, begins with this, in any case. */
  readonly customer?: string | undefined;
  readonly customerId?: string | undefined;
  readonly customerIdPrefix?: string | undefined;
  /** Its track_number begins with this, in any case. */
  readonly trackNumberPrefix?: string | undefined;
  readonly trackNumber?: string | undefined;
  readonly deliveryService?: string | undefined;
  readonly currency?: string | undefined;
  /** One of these. */
  readonly states?: readonly OrderState[] | undefined;
  /** RFC 3339, of `date_created`. */
  readonly createdFrom?: string | undefined;
  readonly createdTo?: string | undefined;
  /** RFC 3339, of `stored_at`. */
  readonly storedFrom?: string | undefined;
  readonly storedTo?: string | undefined;
  /** Minor units of the order's currency. */
  readonly amountFrom?: number | undefined;
  readonly amountTo?: number | undefined;
}

/** By `stored_at`; orders of one instant by their offset, those of one offset by order_uid. */
export type ListOrder = 'newest' | 'oldest';

/** A place in the list: a page begins with the first order past it. Without a uid, that skips its whole instant. */
export interface ListPosition {
  /** Microseconds since the Unix epoch. */
  readonly storedAt: bigint;
  readonly offset: bigint;
  readonly uid: string;
}

export interface ListRequest {
  readonly filter: OrderFilter;
  readonly order: ListOrder;
  /** Where to go on; from the beginning without it. */
  readonly after?: ListPosition | undefined;
  /** Most orders of the page. */
  readonly limit: number;
}

export interface ListPage<T> {
  /** May be fewer than the limit, even none, despite a next page: looking for more would have taken too long. */
  readonly orders: readonly T[];
  /** Where the next page begins; undefined when there is none. */
  readonly next: ListPosition | undefined;
}

/**
 * Orders in the order they were stored, a page at a time. Going on from each page's `next` gives every order that was
 * there when the first page was read exactly once, however many are stored meanwhile, whenever their transactions
 * began. Of those stored or changed meanwhile (a changed order is stored anew) the ones that fall into the part still
 * to come are given: newest first never gives an order twice, oldest first gives a changed one again with what it says
 * now. Every call takes a bounded time and throws AppError `database_unavailable` (retryable).
 */
export interface OrderListing {
  summaries(request: ListRequest): Promise<ListPage<OrderSummary>>;
  /** Each as the compact JSON a lookup gives. */
  texts(request: ListRequest): Promise<ListPage<string>>;
}

/** How many orders are stored in each state. */
export interface StateFigures {
  /** Every state. */
  readonly counts: ReadonlyMap<OrderState, number>;
  /** Orders of an earlier version, whose state is not worked out yet. */
  readonly unknown: number;
  /** When all orders were last counted, ms ago; undefined: never, so that orders of an earlier version may be missing. */
  readonly countedAgeMs: number | undefined;
}

/** @throws AppError `database_unavailable` (retryable) */
export interface StateFiguresReader {
  figures(): Promise<StateFigures>;
}

/** Where a stored order came from, and when. Instants are RFC 3339. */
export interface OrderTrail {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Its `date_created`. */
  readonly createdAt: string;
  /** By its sender's clock. */
  readonly producedAt: string;
  /** When the transaction began that stored it. */
  readonly beganAt: string;
  /** When that transaction was committed; undefined unless PostgreSQL still knows it (track_commit_timestamp). */
  readonly committedAt: string | undefined;
}

/** @throws AppError `database_unavailable` (retryable) */
export interface OrderTrails {
  /** Undefined when there is no such order. */
  find(uid: string): Promise<OrderTrail | undefined>;
}

/** Everything of a partition below the offset `next` is done with, since `ageMs` ago by the database's clock. */
export interface PartitionProgress {
  readonly next: number;
  readonly ageMs: number;
}
