import { formatInstantMicros, isPlainInstant, parseInstantMicros } from '../../order/instant.ts';
import type { Accepted } from '../../order/validate.ts';
import { ITEM_COLUMNS, ORDER_COLUMNS } from './order-rows.ts';

/** Between the fields of an order's text: what no string of an order has unless its JSON spells it as an escape. */
const SEPARATOR = '\u001f';
const SEPARATOR_SQL = 'chr(31)';
const ITEM_FIELDS = ITEM_COLUMNS.slice(2);

/**
 * A stored order as one text: all its fields, its items' fields after them, a separator between any two. Comparing one text costs
 * a fifth of what reading forty columns does. The session must have DateStyle ISO and time zone UTC.
 * Columns: order_uid, text, number of items, source topic, partition, offset, whether stored at `$2` or before, produced_at and
 * stored_at in ms since the Unix epoch, whether the items have the positions 1, 2, 3, ….
 * `$1` is a text[] of uids.
 */
export const SELECT_ORDER_TEXTS = `select o.order_uid,
  concat_ws(${SEPARATOR_SQL}, ${ORDER_COLUMNS.map((column) => `o.${column}`).join(', ')}, i.text),
  i.items, o.source_topic, o.source_partition, o.source_offset, coalesce(o.stored_at <= $2::timestamptz, false),
  (extract(epoch from o.produced_at) * 1000)::float8, (extract(epoch from o.stored_at) * 1000)::float8,
  i.first = 1 and i.last = i.items
from orders o
cross join lateral (
  select count(*)::int as items, min(position) as first, max(position) as last,
    string_agg(concat_ws(${SEPARATOR_SQL}, ${ITEM_FIELDS.join(', ')}), ${SEPARATOR_SQL} order by position) as text
  from order_items where order_uid = o.order_uid
) i
where o.order_uid = any($1)`;

/**
 * The text SELECT_ORDER_TEXTS gives of an equal order. When it is defined, and the numbers of items are equal, too, the texts are
 * equal exactly if the orders are: then there are as many separators in both as there are borders between fields, so that none
 * can stand within a field. Undefined when a field of this order holds a separator itself.
 */
export function orderText({ order: o, plainStrings }: Accepted): string | undefined {
  const d = o.delivery;
  const p = o.payment;
  let text = `${o.order_uid}\u001f${o.track_number}\u001f${o.entry}\u001f${d.name}\u001f${d.phone}\u001f${d.zip}\u001f${d.city}\u001f${d.address}\u001f${d.region}\u001f${d.email}\u001f${p.transaction}\u001f${p.request_id}\u001f${p.currency}\u001f${p.provider}\u001f${p.amount}\u001f${p.payment_dt}\u001f${p.bank}\u001f${p.delivery_cost}\u001f${p.goods_total}\u001f${p.custom_fee}\u001f${o.locale}\u001f${o.internal_signature}\u001f${o.customer_id}\u001f${o.delivery_service}\u001f${o.shardkey}\u001f${o.sm_id}\u001f${instantText(o.date_created)}\u001f${o.oof_shard}`;
  for (const i of o.items) {
    text += `\u001f${i.chrt_id}\u001f${i.track_number}\u001f${i.price}\u001f${i.rid}\u001f${i.name}\u001f${i.sale}\u001f${i.size}\u001f${i.total_price}\u001f${i.nm_id}\u001f${i.brand}\u001f${i.status}`;
  }
  if (plainStrings) return text;
  const borders = ORDER_COLUMNS.length + o.items.length * ITEM_FIELDS.length - 1;
  return count(text, SEPARATOR) === borders ? text : undefined;
}

/** As PostgreSQL writes a timestamptz: `2021-11-26 06:22:19.12+00`. */
function instantText(text: string): string {
  const plain = isPlainInstant(text) ? text : canonical(text);
  return `${plain.slice(0, 10)} ${plain.slice(11, -1)}+00`;
}

function canonical(text: string): string {
  const micros = parseInstantMicros(text);
  return micros === undefined ? text : formatInstantMicros(micros);
}

function count(text: string, one: string): number {
  let found = 0;
  for (let at = text.indexOf(one); at >= 0; at = text.indexOf(one, at + 1)) found += 1;
  return found;
}
