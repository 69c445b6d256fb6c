import { entityTag } from '../../lib/entity-tag.ts';
import type { OrderDocument } from '../order-store.ts';
import type { Field } from './order-rows.ts';

/** RFC 3339 with only the fraction digits that are needed. */
const CREATED = `rtrim(rtrim(to_char(o.date_created at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z'`;

const columns = (prefix: string, names: string): string =>
  names
    .split(' ')
    .map((name) => `o.${prefix}${name} as ${name}`)
    .join(', ');

/**
 * An order `o` with its items as compact JSON text. PostgreSQL builds it: that costs it no more than sending an order's columns
 * with each of its items, and this process half of what it would pay for reading those and writing JSON.
 */
export const ORDER_JSON = `(select row_to_json(whole)::text from (select
    ${columns('', 'order_uid track_number entry')},
    (select d from (select ${columns('delivery_', 'name phone zip city address region email')}) d) as delivery,
    (select p from (select ${columns('payment_', 'transaction request_id currency provider amount')}, o.payment_dt,
      ${columns('payment_', 'bank delivery_cost goods_total custom_fee')}) p) as payment,
    array_to_json(array(select row_to_json(i) from (select chrt_id, track_number, price, rid, name, sale, size, total_price, nm_id, brand,
      status from order_items where order_uid = o.order_uid order by position) i)) as items,
    ${columns('', 'locale internal_signature customer_id delivery_service shardkey sm_id')},
    ${CREATED} as date_created, o.oof_shard) whole)`;

/**
 * One row an order: order_uid, the order as JSON, and its origin; a single statement, so an order and its items are of one
 * snapshot. `$1` is a text[] of uids.
 */
export const SELECT_DOCUMENTS = `select o.order_uid,
  ${ORDER_JSON},
  o.source_topic, o.source_partition, o.source_offset,
  (extract(epoch from o.produced_at) * 1000)::bigint, (extract(epoch from o.stored_at) * 1000)::bigint
from orders o where o.order_uid = any($1)`;

/** Rows of SELECT_DOCUMENTS, as arrays → the orders, by uid. */
export function readDocuments(rows: ReadonlyArray<readonly Field[]>): Map<string, OrderDocument> {
  return new Map(rows.map((row) => [String(row[0]), readDocument(row)]));
}

function readDocument([
  ,
  text,
  topic,
  partition,
  offset,
  producedAt,
  storedAt,
]: readonly Field[]): OrderDocument {
  const body = encoder.encode(String(text));
  const origin = {
    topic: String(topic),
    partition: Number(partition),
    offset: BigInt(offset ?? 0),
    producedAt: Number(producedAt),
    storedAt: Number(storedAt),
  };
  return { body, etag: entityTag(body), origin };
}

const encoder = new TextEncoder();
