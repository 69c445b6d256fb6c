import { entityTag } from '../../src/lib/entity-tag.ts';
import type { Order } from '../../src/order/order.ts';
import type { OrderDocument, OrderOrigin } from '../../src/storage/stored-orders.ts';
import sample from '../fixtures/order.json';

export interface StoredOrder {
  readonly order: Order;
  readonly origin: OrderOrigin;
}

/** The classic sample as it would be read back, with another uid and whatever else is to differ. */
export function storedOrder(uid: string, changes: Partial<Order> = {}): StoredOrder {
  return {
    order: { ...structuredClone(sample), order_uid: uid, ...changes },
    origin: {
      topic: 'orders',
      partition: 3,
      // Past 2^53: an offset has 64 bits.
      offset: 9_007_199_254_740_993n,
      producedAt: 1_760_000_000_000,
      storedAt: 1_760_000_000_123,
    },
  };
}

/** The same as clients would get it. */
export function documentOf({ order, origin }: StoredOrder): OrderDocument {
  const body = new TextEncoder().encode(JSON.stringify(order));
  return { body, etag: entityTag(body), origin };
}

/** `documentOf(storedOrder(…))` */
export function storedDocument(uid: string, changes: Partial<Order> = {}): OrderDocument {
  return documentOf(storedOrder(uid, changes));
}

/** What the document says; undefined for none. */
export function orderOf(document: OrderDocument): Order;
export function orderOf(document: OrderDocument | undefined): Order | undefined;
export function orderOf(document: OrderDocument | undefined): Order | undefined {
  return document && JSON.parse(new TextDecoder().decode(document.body));
}
