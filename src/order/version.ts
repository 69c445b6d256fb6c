import { type Field, ORDER_FIELDS, type Values } from './fields.ts';
import { parseInstantMicros } from './instant.ts';
import type { Item, Order } from './order.ts';

/** What tells versions of an order apart across partitions. */
export interface Version {
  readonly partition: number;
  /** ms since the Unix epoch. */
  readonly producedAt: number;
}

/**
 * Whether this version replaces one from another partition: the newer timestamp wins, and at the same instant the
 * higher partition, whichever was read first.
 */
export function replaces(version: Version, other: Version): boolean {
  return version.producedAt === other.producedAt
    ? version.partition > other.partition
    : version.producedAt > other.producedAt;
}

const BEFORE_ITEMS = ORDER_FIELDS.order.slice(0, ORDER_FIELDS.head);
const AFTER_ITEMS = ORDER_FIELDS.order.slice(ORDER_FIELDS.head);

/**
 * Whether two orders, as JSON, are the same. Equal texts are not parsed: a sender that writes the fields in the
 * contract's order writes exactly what PostgreSQL writes.
 */
export function sameOrders(a: string, b: string): boolean {
  return a === b || firstDifference(JSON.parse(a), JSON.parse(b)) === undefined;
}

/** JSON Pointer of the first difference between two orders; undefined if none. Instants compare as instants. */
export function firstDifference(a: Order, b: Order): string | undefined {
  return differing(BEFORE_ITEMS, a, b) ?? differingItem(a.items, b.items) ?? differing(AFTER_ITEMS, a, b);
}

function differingItem(a: readonly Item[], b: readonly Item[]): string | undefined {
  if (a.length !== b.length) return '/items';
  for (const [at, item] of a.entries()) {
    const pointer = differing(ORDER_FIELDS.item, item, b[at] ?? {});
    if (pointer !== undefined) return `/items/${at}${pointer}`;
  }
  return undefined;
}

function differing(fields: readonly Field[], a: Values, b: Values): string | undefined {
  return fields.find(({ kind, read }) => {
    const one = read(a);
    const other = read(b);
    if (one === other) return false;
    return kind !== 'instant' || parseInstantMicros(String(one)) !== parseInstantMicros(String(other));
  })?.pointer;
}
