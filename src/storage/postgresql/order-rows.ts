import type { Item, Order } from '../../order/order.ts';
import type { StoredOrder } from '../order-store.ts';

/** A field of a selected row: the driver gives int8 as text, to lose nothing. */
export type Field = string | number | null;

/** The columns that hold the order itself, in the table's order; the source columns follow them. */
export const ORDER_COLUMNS = [
  'order_uid',
  'track_number',
  'entry',
  'delivery_name',
  'delivery_phone',
  'delivery_zip',
  'delivery_city',
  'delivery_address',
  'delivery_region',
  'delivery_email',
  'payment_transaction',
  'payment_request_id',
  'payment_currency',
  'payment_provider',
  'payment_amount',
  'payment_dt',
  'payment_bank',
  'payment_delivery_cost',
  'payment_goods_total',
  'payment_custom_fee',
  'locale',
  'internal_signature',
  'customer_id',
  'delivery_service',
  'shardkey',
  'sm_id',
  'date_created',
  'oof_shard',
] as const;

export const SOURCE_COLUMNS = ['source_topic', 'source_partition', 'source_offset', 'produced_at'] as const;

export const ITEM_COLUMNS = [
  'order_uid',
  'position',
  'chrt_id',
  'track_number',
  'price',
  'rid',
  'name',
  'sale',
  'size',
  'total_price',
  'nm_id',
  'brand',
  'status',
] as const;

const ITEM_VALUE_COLUMNS = ITEM_COLUMNS.slice(2);
const STORED_COLUMNS = ORDER_COLUMNS.length + SOURCE_COLUMNS.length + 1;

/** RFC 3339 with microseconds; trimInstant makes it canonical. */
const instant = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
const millis = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`;

/**
 * One row an item, the order's columns repeated in each: a single statement, so an order and its items are of one
 * snapshot. `$1` is a text[] of uids.
 */
export const SELECT_ORDERS = `select ${[
  ...ORDER_COLUMNS.map((column) => (column === 'date_created' ? instant('o.date_created') : `o.${column}`)),
  ...SOURCE_COLUMNS.map((column) => (column === 'produced_at' ? millis('o.produced_at') : `o.${column}`)),
  millis('o.stored_at'),
  ...ITEM_VALUE_COLUMNS.map((column) => `i.${column}`),
].join(', ')}
from orders o join order_items i on i.order_uid = o.order_uid
where o.order_uid = any($1)
order by o.order_uid, i.position`;

/** Rows of SELECT_ORDERS, as arrays → the orders, by uid. */
export function readOrders(rows: ReadonlyArray<readonly Field[]>): Map<string, StoredOrder> {
  const found = new Map<string, StoredOrder>();
  for (const row of rows) {
    const uid = String(row[0]);
    const known = found.get(uid);
    if (known === undefined) found.set(uid, readOrder(row));
    else known.order.items.push(readItem(row));
  }
  return found;
}

/** `2021-11-26T06:22:19.120000Z` → `2021-11-26T06:22:19.12Z`, without a fraction when there is none. */
export function trimInstant(text: string): string {
  return text.replace(/\.?0*Z$/, 'Z');
}

function readOrder(row: readonly Field[]): StoredOrder {
  let at = 0;
  const text = (): string => String(row[at++]);
  const number = (): number => Number(row[at++]);
  const order: Order = {
    order_uid: text(),
    track_number: text(),
    entry: text(),
    delivery: {
      name: text(),
      phone: text(),
      zip: text(),
      city: text(),
      address: text(),
      region: text(),
      email: text(),
    },
    payment: {
      transaction: text(),
      request_id: text(),
      currency: text(),
      provider: text(),
      amount: number(),
      payment_dt: number(),
      bank: text(),
      delivery_cost: number(),
      goods_total: number(),
      custom_fee: number(),
    },
    items: [readItem(row)],
    locale: text(),
    internal_signature: text(),
    customer_id: text(),
    delivery_service: text(),
    shardkey: text(),
    sm_id: number(),
    date_created: trimInstant(text()),
    oof_shard: text(),
  };
  const origin = {
    topic: text(),
    partition: number(),
    offset: BigInt(number()),
    producedAt: number(),
    storedAt: number(),
  };
  return { order, origin };
}

function readItem(row: readonly Field[]): Item {
  let at = STORED_COLUMNS;
  const text = (): string => String(row[at++]);
  const number = (): number => Number(row[at++]);
  return {
    chrt_id: number(),
    track_number: text(),
    price: number(),
    rid: text(),
    name: text(),
    sale: number(),
    size: text(),
    total_price: number(),
    nm_id: number(),
    brand: text(),
    status: number(),
  };
}
