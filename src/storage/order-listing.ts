import type { OrderSummary } from './order-store.ts';

/** Which orders; all of what is given must hold. In each range `from` is inclusive and `to` exclusive. */
export interface OrderFilter {
  readonly customerId?: string | undefined;
  readonly trackNumber?: string | undefined;
  readonly deliveryService?: string | undefined;
  readonly currency?: string | undefined;
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

/** A place in the list: a page begins with the first order past it. Without a uid it is past all orders of its instant. */
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
  /** May be fewer than the limit, even none, although there is a next page: looking for more would have taken too long. */
  readonly orders: readonly T[];
  /** Where the next page begins; undefined when there is none. */
  readonly next: ListPosition | undefined;
}

/**
 * Orders in the order they were stored, a page at a time. Going on from each page's `next` gives every order that was there
 * when the first page was read exactly once, however many are stored meanwhile, whenever their transactions began. Of those
 * stored or changed meanwhile (a changed order is stored anew) the ones that fall into the part still to come are given:
 * newest first never gives an order twice, oldest first gives a changed one again with what it says now.
 * Every call takes a bounded time and throws AppError `database_unavailable` (retryable).
 */
export interface OrderListing {
  summaries(request: ListRequest): Promise<ListPage<OrderSummary>>;
  /** Each as the compact JSON a lookup gives. */
  texts(request: ListRequest): Promise<ListPage<string>>;
}
