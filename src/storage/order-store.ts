import type { Order } from '../order/order.ts';

/** Where a stored order came from. Instants are ms since the Unix epoch. */
export interface OrderOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The `produced-at` header, or the record's timestamp. */
  readonly producedAt: number;
  readonly storedAt: number;
}

export interface StoredOrder {
  readonly order: Order;
  readonly origin: OrderOrigin;
}

/** A stored order as clients get it. */
export interface OrderDocument {
  /** The order as JSON in UTF-8; the same bytes every time. Not to be written to. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Strong entity tag of the body. */
  readonly etag: string;
  readonly origin: OrderOrigin;
}

/** Who answered: this process's own memory, Redis, or PostgreSQL. */
export type Tier = 'l1' | 'redis' | 'postgresql';

export interface FoundOrder extends OrderDocument {
  readonly tier: Tier;
  /** Response headers, made once for as long as this process keeps the order; whoever answers with it puts them there. */
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
  readonly date_created: string;
  /** RFC 3339. */
  readonly stored_at: string;
}

/**
 * Reading orders from the database.
 * Every call throws AppError `database_unavailable` (retryable) while PostgreSQL can't answer.
 */
export interface OrderStore {
  /** The orders that exist, by order_uid; uids that do not are absent from the map. One round trip. */
  findMany(uids: readonly string[]): Promise<Map<string, OrderDocument>>;
}
