import { ByteWriter } from '../../lib/byte-writer.ts';
import type { Order } from '../../order/order.ts';
import type { OrderScan } from '../../order/order-scan.ts';
import type { OrderState } from '../../order/states.ts';
import { replaces, type Version } from '../../order/version.ts';
import type { CopyRows, OrderRows } from './copy-rows.ts';
import { count, type StateCounts } from './state-counts.ts';

/** Where the rows of an order are, and the order itself or the message that holds it. */
interface Entry {
  readonly source: Order | Buffer;
  readonly partition: number;
  readonly producedAt: number;
  readonly state: OrderState;
  readonly ordersFrom: number;
  readonly ordersTo: number;
  readonly itemsFrom: number;
  readonly itemsTo: number;
}

/**
 * Rows that can be looked up by order_uid. Of several orders with one uid the last one of a partition counts, and
 * across partitions the newest.
 */
export class MergeRows implements OrderRows {
  /** Orders added, superseded ones included. */
  total = 0;
  /** Uids of orders that came from more than one partition. */
  readonly scattered = new Set<string>();
  readonly #rows: CopyRows;
  readonly #entries = new Map<string, Entry>();

  /** `rows` are empty, and filled through this object only. */
  constructor(rows: CopyRows) {
    this.#rows = rows;
  }

  addScanned(scan: OrderScan, partition: number, offset: number, producedAt: number): void {
    const ordersFrom = this.#rows.orders.length;
    const itemsFrom = this.#rows.items.length;
    this.#rows.addScanned(scan, partition, offset, producedAt);
    this.#note(scan.uid, { source: scan.message, partition, producedAt }, ordersFrom, itemsFrom);
  }

  addOrder(order: Order, plainStrings: boolean, partition: number, offset: number, producedAt: number): void {
    const ordersFrom = this.#rows.orders.length;
    const itemsFrom = this.#rows.items.length;
    this.#rows.addOrder(order, plainStrings, partition, offset, producedAt);
    this.#note(order.order_uid, { source: order, partition, producedAt }, ordersFrom, itemsFrom);
  }

  /** All uids, sorted, so that two consumers lock common keys in the same order. */
  uids(): string[] {
    return [...this.#entries.keys()].sort();
  }

  /** The order as JSON. */
  json(uid: string): string | undefined {
    const source = this.#entries.get(uid)?.source;
    return Buffer.isBuffer(source) ? source.toString() : source && JSON.stringify(source);
  }

  version(uid: string): Version | undefined {
    return this.#entries.get(uid);
  }

  remove(uid: string): void {
    this.#entries.delete(uid);
  }

  /** The rows of both tables for the uids that are left, sorted by uid, and how many orders are in each state. */
  collect(): { orders: ByteWriter; items: ByteWriter; written: number; states: StateCounts } {
    const orders = new ByteWriter();
    const items = new ByteWriter();
    const states: StateCounts = new Map();
    for (const uid of this.uids()) {
      const entry = this.#entries.get(uid);
      if (entry === undefined) continue;
      orders.copyFrom(this.#rows.orders, entry.ordersFrom, entry.ordersTo);
      items.copyFrom(this.#rows.items, entry.itemsFrom, entry.itemsTo);
      count(states, entry.state, 1);
    }
    return { orders, items, written: this.#entries.size, states };
  }

  #note(
    uid: string,
    what: Pick<Entry, 'source' | 'partition' | 'producedAt'>,
    ordersFrom: number,
    itemsFrom: number,
  ): void {
    this.total += 1;
    const before = this.#entries.get(uid);
    if (before !== undefined && before.partition !== what.partition) {
      this.scattered.add(uid);
      if (!replaces(what, before)) return;
    }
    const { orders, items, lastState } = this.#rows;
    this.#entries.set(uid, {
      ...what,
      state: lastState,
      ordersFrom,
      ordersTo: orders.length,
      itemsFrom,
      itemsTo: items.length,
    });
  }
}
