import type { TransactionSQL } from 'bun';
import type { Order } from '../../order/order.ts';
import type { Accepted } from '../../order/validate.ts';
import { sameOrders } from '../../order/version.ts';
import type { RowValue } from './database.ts';
import { ORDER_JSON } from './order-store.ts';

/**
 * Columns: order_uid, the order as JSON, source topic, partition, offset, whether stored at `$2` or before, produced_at
 * and stored_at in ms since the Unix epoch, whether the items have the positions 1, 2, 3, …. `$1` is a text[] of uids.
 */
const SELECT_MATCHES = `select o.order_uid, ${ORDER_JSON},
  o.source_topic, o.source_partition, o.source_offset, coalesce(o.stored_at <= $2::timestamptz, false),
  (extract(epoch from o.produced_at) * 1000)::float8, (extract(epoch from o.stored_at) * 1000)::float8,
  (select min(position) = 1 and max(position) = count(*) from order_items where order_uid = o.order_uid)
from orders o where o.order_uid = any($1)`;

/** What is stored under an order's uid, compared with that order. */
export interface StoredMatch {
  /** Equal in every field. */
  readonly same: boolean;
  /** Where the stored one came from. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** It was stored from an earlier topic of the same name, whose offsets mean nothing any more. */
  readonly earlier: boolean;
  /** ms since the Unix epoch, with a fraction where there are microseconds. */
  readonly producedAt: number;
  readonly storedAt: number;
}

/**
 * What is stored under each order's uid, in the order given; undefined where nothing is. `earlierUntil` is the instant,
 * in RFC 3339, up to which orders were stored from earlier topics of the same name; null when there was none.
 */
export async function matchesOf(
  tx: TransactionSQL,
  orders: readonly Accepted[],
  earlierUntil: string | null,
): Promise<readonly (StoredMatch | undefined)[]> {
  const uids = [...new Set(orders.map(({ order }) => order.order_uid))];
  const rows: RowValue[][] = await tx.unsafe(SELECT_MATCHES, [tx.array(uids, 'TEXT'), earlierUntil]).values();
  const byUid = new Map(rows.map((row) => [String(row[0]), row]));
  return orders.map(({ order }) => {
    const row = byUid.get(order.order_uid);
    return row === undefined ? undefined : matchOf(order, row);
  });
}

function matchOf(order: Order, row: readonly RowValue[]): StoredMatch {
  const [, json, topic, partition, offset, earlier, producedAt, storedAt, ordered] = row;
  return {
    // The fields alone do not tell the positions 1, 2 from 1, 7.
    same: ordered === true && sameOrders(String(json), JSON.stringify(order)),
    topic: String(topic),
    partition: Number(partition),
    offset: Number(offset),
    earlier: earlier === true,
    producedAt: Number(producedAt),
    storedAt: Number(storedAt),
  };
}
