import { formatInstantMicros, isPlainInstant, parseInstantMicros } from '../../order/instant.ts';
import type { Order } from '../../order/order.ts';
import { ITEM_COLUMNS, ORDER_COLUMNS, SOURCE_COLUMNS } from './order-rows.ts';

/** An accepted order and where it came from, ready to be stored. */
export interface IncomingOrder {
  readonly order: Order;
  /** True when no string of it can hold a backslash or a control character. */
  readonly plainStrings: boolean;
  readonly partition: number;
  readonly offset: number;
  /** ms since the Unix epoch. */
  readonly producedAt: number;
}

export const COPY_ORDERS = `copy orders (${[...ORDER_COLUMNS, ...SOURCE_COLUMNS].join(', ')}) from stdin`;
export const COPY_ITEMS = `copy order_items (${ITEM_COLUMNS.join(', ')}) from stdin`;

/**
 * Orders → rows of PostgreSQL's COPY text format: tabs between fields, a line feed after each row; backslash, tab,
 * line feed and carriage return are written with a backslash.
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export class CopyEncoder {
  readonly #topic: string;
  #lastMillis = Number.NaN;
  #lastInstant = '';

  constructor(topic: string) {
    this.#topic = escapeText(topic);
  }

  orderRow(incoming: IncomingOrder): string {
    const { order: o, partition, offset } = incoming;
    const row = incoming.plainStrings ? o : escapeOrder(o);
    const d = row.delivery;
    const p = row.payment;
    return `${row.order_uid}\t${row.track_number}\t${row.entry}\t${d.name}\t${d.phone}\t${d.zip}\t${d.city}\t${d.address}\t${d.region}\t${d.email}\t${p.transaction}\t${p.request_id}\t${p.currency}\t${p.provider}\t${p.amount}\t${p.payment_dt}\t${p.bank}\t${p.delivery_cost}\t${p.goods_total}\t${p.custom_fee}\t${row.locale}\t${row.internal_signature}\t${row.customer_id}\t${row.delivery_service}\t${row.shardkey}\t${row.sm_id}\t${instantText(o.date_created)}\t${row.oof_shard}\t${this.#topic}\t${partition}\t${offset}\t${this.#millisText(incoming.producedAt)}\n`;
  }

  itemRows(incoming: IncomingOrder): string {
    const order = incoming.plainStrings ? incoming.order : escapeOrder(incoming.order);
    const uid = order.order_uid;
    let rows = '';
    let position = 0;
    for (const i of order.items) {
      position += 1;
      rows += `${uid}\t${position}\t${i.chrt_id}\t${i.track_number}\t${i.price}\t${i.rid}\t${i.name}\t${i.sale}\t${i.size}\t${i.total_price}\t${i.nm_id}\t${i.brand}\t${i.status}\n`;
    }
    return rows;
  }

  /** Messages of a batch often share their millisecond. */
  #millisText(millis: number): string {
    if (millis !== this.#lastMillis) {
      this.#lastInstant = formatInstantMicros(BigInt(millis) * 1000n);
      this.#lastMillis = millis;
    }
    return this.#lastInstant;
  }
}

const SPECIAL = /[\\\n\r\t]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text value as COPY's text format wants it. */
export function escapeText(text: string): string {
  return text.replace(SPECIAL, (character) => ESCAPES[character] ?? character);
}

function escapeOrder(order: Order): Order {
  return {
    ...escapeStrings(order),
    delivery: escapeStrings(order.delivery),
    payment: escapeStrings(order.payment),
    items: order.items.map(escapeStrings),
  };
}

function escapeStrings<T extends object>(value: T): T {
  const copy = { ...value };
  for (const key of Object.keys(copy) as (keyof T)[]) {
    const field = copy[key];
    if (typeof field === 'string') copy[key] = escapeText(field) as T[keyof T];
  }
  return copy;
}

function instantText(text: string): string {
  if (isPlainInstant(text)) return text;
  const micros = parseInstantMicros(text);
  return micros === undefined ? text : formatInstantMicros(micros);
}
