import { ByteBuffer } from '../../lib/byte-buffer.ts';
import { formatInstantMicros, isPlainInstant, parseInstantMicros } from '../../order/instant.ts';
import type { Order } from '../../order/order.ts';
import { ITEM_FIELD_COUNT, ORDER_FIELD_COUNT, type OrderScan } from '../../order/order-scan.ts';
import { ITEM_COLUMNS, ORDER_COLUMNS, SOURCE_COLUMNS } from './order-rows.ts';

/** Where accepted orders go, in log order. */
export interface OrderRows {
  /** An order recognised in its bytes; the scan is read during the call only. `producedAt` is ms since the Unix epoch. */
  addScanned(scan: OrderScan, partition: number, offset: number, producedAt: number): void;
  /** `plainStrings`: no string of it can hold a backslash or a control character. */
  addOrder(order: Order, plainStrings: boolean, partition: number, offset: number, producedAt: number): void;
}

export const COPY_ORDERS = `copy orders (${[...ORDER_COLUMNS, ...SOURCE_COLUMNS].join(', ')}) from stdin`;
export const COPY_ITEMS = `copy order_items (${ITEM_COLUMNS.join(', ')}) from stdin`;

const TAB = 0x09;
const LINE_FEED = 0x0a;

/**
 * Orders as rows of PostgreSQL's COPY text format: tabs between fields, a line feed after each row; backslash, tab,
 * line feed and carriage return are written with a backslash.
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export class CopyRows implements OrderRows {
  readonly orders = new ByteBuffer();
  readonly items = new ByteBuffer();
  /** Orders added since the last `clear`. */
  count = 0;
  readonly #topic: Buffer;
  #millis = Number.NaN;
  #millisText = Buffer.alloc(0);

  constructor(topic: string) {
    this.#topic = Buffer.from(escapeText(topic));
  }

  clear(): void {
    this.orders.clear();
    this.items.clear();
    this.count = 0;
  }

  addScanned(scan: OrderScan, partition: number, offset: number, producedAt: number): void {
    const { bytes, fields, itemFields } = scan;
    const { orders, items } = this;
    for (let field = 0; field < 2 * ORDER_FIELD_COUNT; field += 2) {
      orders.copy(bytes, fields[field] as number, fields[field + 1] as number);
      orders.byte(TAB);
    }
    this.#addSource(partition, offset, producedAt);
    const uidStart = fields[0] as number;
    const uidEnd = fields[1] as number;
    for (let item = 0; item < scan.items; item++) {
      items.copy(bytes, uidStart, uidEnd);
      items.byte(TAB);
      items.integer(item + 1);
      const last = 2 * ITEM_FIELD_COUNT * (item + 1);
      for (let field = 2 * ITEM_FIELD_COUNT * item; field < last; field += 2) {
        items.byte(TAB);
        items.copy(bytes, itemFields[field] as number, itemFields[field + 1] as number);
      }
      items.byte(LINE_FEED);
    }
    this.count += 1;
  }

  addOrder(order: Order, plainStrings: boolean, partition: number, offset: number, producedAt: number): void {
    const o = plainStrings ? order : escapeOrder(order);
    const { delivery: d, payment: p } = o;
    this.orders.text(
      `${o.order_uid}\t${o.track_number}\t${o.entry}\t${d.name}\t${d.phone}\t${d.zip}\t${d.city}\t${d.address}\t${d.region}\t${d.email}\t${p.transaction}\t${p.request_id}\t${p.currency}\t${p.provider}\t${p.amount}\t${p.payment_dt}\t${p.bank}\t${p.delivery_cost}\t${p.goods_total}\t${p.custom_fee}\t${o.locale}\t${o.internal_signature}\t${o.customer_id}\t${o.delivery_service}\t${o.shardkey}\t${o.sm_id}\t${instantText(o.date_created)}\t${o.oof_shard}\t`,
    );
    this.#addSource(partition, offset, producedAt);
    let position = 0;
    for (const i of o.items) {
      position += 1;
      this.items.text(
        `${o.order_uid}\t${position}\t${i.chrt_id}\t${i.track_number}\t${i.price}\t${i.rid}\t${i.name}\t${i.sale}\t${i.size}\t${i.total_price}\t${i.nm_id}\t${i.brand}\t${i.status}\n`,
      );
    }
    this.count += 1;
  }

  #addSource(partition: number, offset: number, producedAt: number): void {
    const { orders } = this;
    orders.copy(this.#topic, 0, this.#topic.length);
    orders.byte(TAB);
    orders.integer(partition);
    orders.byte(TAB);
    orders.integer(offset);
    orders.byte(TAB);
    // Messages of a batch often share their millisecond.
    if (producedAt !== this.#millis) {
      this.#millisText = Buffer.from(formatInstantMicros(BigInt(producedAt) * 1000n));
      this.#millis = producedAt;
    }
    orders.copy(this.#millisText, 0, this.#millisText.length);
    orders.byte(LINE_FEED);
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
