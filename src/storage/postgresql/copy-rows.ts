import type { TransactionSQL } from 'bun';
import { ByteWriter } from '../../lib/byte-writer.ts';
import { nextTurn } from '../../lib/next-turn.ts';
import { type Field, ORDER_FIELDS, type OrderFields, type Values } from '../../order/fields.ts';
import { formatInstantMicros, isPlainInstant, parseInstantMicros } from '../../order/instant.ts';
import type { Order } from '../../order/order.ts';
import type { OrderScan } from '../../order/order-scan.ts';
import { type OrderState, orderState } from '../../order/states.ts';
import { count, type StateCounts } from './state-counts.ts';

/** Takes accepted orders, in log order. */
export interface OrderRows {
  /** An order found in its bytes. The scan is read during the call only; `producedAt` is ms since the Unix epoch. */
  addScanned(scan: OrderScan, partition: number, offset: number, producedAt: number): void;
  /** `plainStrings`: no string of it can hold a backslash or a control character. */
  addOrder(order: Order, plainStrings: boolean, partition: number, offset: number, producedAt: number): void;
}

const SOURCE_COLUMNS = ['source_topic', 'source_partition', 'source_offset', 'produced_at', 'state'];

/** The columns of `orders` and of `order_items` that are written, in the order in which CopyRows has them. */
export function columnsOf({ order, item }: OrderFields): { orders: string[]; items: string[] } {
  return {
    orders: [...order.map(({ column }) => column), ...SOURCE_COLUMNS],
    items: ['order_uid', 'position', ...item.map(({ column }) => column)],
  };
}

export const { orders: ORDER_COLUMNS, items: ITEM_COLUMNS } = columnsOf(ORDER_FIELDS);
export const COPY_ORDERS = copyFrom('orders', ORDER_COLUMNS);
export const COPY_ITEMS = copyFrom('order_items', ITEM_COLUMNS);

export function copyFrom(table: string, columns: readonly string[]): string {
  return `copy ${table} (${columns.join(', ')}) from stdin`;
}

const CHUNK_BYTES = 131_072;
const TAB = 0x09;
const LINE_FEED = 0x0a;

/**
 * Orders as rows of PostgreSQL's COPY text format: tabs between fields, a line feed after each row; backslash, tab,
 * line feed and carriage return are written with a backslash.
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export class CopyRows implements OrderRows {
  readonly orders = new ByteWriter();
  readonly items = new ByteWriter();
  /** Orders added since the last `clear`, and how many of them are in each state. */
  count = 0;
  readonly states: StateCounts = new Map();
  lastState: OrderState = 'other';
  readonly #fields: OrderFields;
  readonly #topic: Buffer;
  #millis = Number.NaN;
  #millisText = Buffer.alloc(0);

  constructor(topic: string, fields: OrderFields = ORDER_FIELDS) {
    this.#topic = Buffer.from(escapeText(topic));
    this.#fields = fields;
  }

  clear(): void {
    this.orders.clear();
    this.items.clear();
    this.count = 0;
    this.states.clear();
  }

  addScanned(scan: OrderScan, partition: number, offset: number, producedAt: number): void {
    const { bytes, rewritten, fields, itemFields, itemSize } = scan;
    const { orders, items } = this;
    const end = fields.length;
    for (let field = 0; field < end; field += 2) {
      const from = fields[field] as number;
      const to = fields[field + 1] as number;
      if (from >= 0) orders.copy(bytes, from, to);
      else orders.copy(rewritten.bytes, ~from, to);
      orders.byte(TAB);
    }
    this.#addSource(partition, offset, producedAt, scan.state);
    const uidStart = fields[0] as number;
    const uidEnd = fields[1] as number;
    for (let item = 0; item < scan.items; item++) {
      items.copy(bytes, uidStart, uidEnd);
      items.byte(TAB);
      items.integer(item + 1);
      const last = itemSize * (item + 1);
      for (let field = itemSize * item; field < last; field += 2) {
        items.byte(TAB);
        const from = itemFields[field] as number;
        const to = itemFields[field + 1] as number;
        if (from >= 0) items.copy(bytes, from, to);
        else items.copy(rewritten.bytes, ~from, to);
      }
      items.byte(LINE_FEED);
    }
    this.count += 1;
  }

  addOrder(order: Order, plainStrings: boolean, partition: number, offset: number, producedAt: number): void {
    const { orders, items } = this;
    let row = '';
    for (const field of this.#fields.order) row = `${row}${copyText(field, order, plainStrings)}\t`;
    orders.text(row);
    this.#addSource(partition, offset, producedAt, orderState(order.items.map(({ status }) => status)));
    const uid = plainStrings ? order.order_uid : escapeText(order.order_uid);
    let position = 0;
    for (const item of order.items) {
      position += 1;
      let line = `${uid}\t${position}`;
      for (const field of this.#fields.item) line = `${line}\t${copyText(field, item, plainStrings)}`;
      items.text(`${line}\n`);
    }
    this.count += 1;
  }

  #addSource(partition: number, offset: number, producedAt: number, state: OrderState): void {
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
    orders.byte(TAB);
    orders.ascii(state);
    orders.byte(LINE_FEED);
    this.lastState = state;
    count(this.states, state, 1);
  }
}

function copyText({ kind, read }: Field, holder: Values, plain: boolean): string {
  const value = read(holder);
  // Most values are texts without anything to escape.
  if (plain && kind === 'text' && typeof value === 'string') return value;
  const text = String(value);
  if (kind === 'instant') return instantText(text);
  return plain || kind === 'integer' ? text : escapeText(text);
}

const SPECIAL = /[\\\n\r\t]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text value in COPY's text format. */
export function escapeText(text: string): string {
  return text.replace(SPECIAL, (character) => ESCAPES[character] ?? character);
}

function instantText(text: string): string {
  if (isPlainInstant(text)) return text;
  const micros = parseInstantMicros(text);
  return micros === undefined ? text : formatInstantMicros(micros);
}

/** Runs a COPY with these chunks as its input. */
export async function copyIn(tx: TransactionSQL, statement: string, chunks: Iterable<Buffer>): Promise<void> {
  const query = tx.unsafe(statement);
  const writer = query.writable().getWriter();
  // The query and the stream are promises of their own: unhandled, their rejection would end the process.
  writer.closed.catch(() => {});
  const outcome = query.then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    for (const chunk of chunks) {
      await writer.write(chunk);
      // Encoding occupies the event loop: between chunks everyone else gets a turn.
      await nextTurn();
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw (await outcome) ?? error;
  }
  const failed = await outcome;
  if (failed !== undefined) throw failed;
}

/** What each slice writes to the buffer, which is cleared in between. */
export function* drain(slices: Iterable<void>, buffer: ByteWriter): Iterable<Buffer> {
  for (const _ of slices) {
    yield buffer.slice();
    buffer.clear();
  }
}

/** The buffer in pieces. They are views: nothing is written to it before the transaction has ended. */
export function* pieces(buffer: ByteWriter): Iterable<Buffer> {
  for (let at = 0; at < buffer.length; at += CHUNK_BYTES) {
    yield buffer.view(at, Math.min(at + CHUNK_BYTES, buffer.length));
  }
}
