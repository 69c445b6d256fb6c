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

/** JSON Pointer of the first difference between two orders; undefined if none. */
export function firstDifference(a: Order, b: Order): string | undefined {
  return differences(a, b).next().value?.pointer;
}

/** What differs between two orders in one place. */
export interface Difference {
  /** JSON Pointer (RFC 6901). */
  readonly pointer: string;
  /** In the first order: a value, or a whole item where the other has none; undefined where this one has none. */
  readonly from: string | number | Item | undefined;
  readonly to: string | number | Item | undefined;
}

/** Every difference between two orders, in the order of the contract. Instants compare as instants. */
export function* differences(a: Order, b: Order): Generator<Difference, undefined> {
  yield* differing(BEFORE_ITEMS, a, b, '');
  for (let at = 0; at < Math.max(a.items.length, b.items.length); at++) {
    const pointer = `/items/${at}`;
    const [from, to] = [a.items[at], b.items[at]];
    if (from === undefined || to === undefined) yield { pointer, from, to };
    else yield* differing(ORDER_FIELDS.item, from, to, pointer);
  }
  yield* differing(AFTER_ITEMS, a, b, '');
}

function* differing(fields: readonly Field[], a: Values, b: Values, parent: string): Generator<Difference> {
  for (const { kind, read, pointer } of fields) {
    const [from, to] = [read(a), read(b)];
    if (from === to) continue;
    if (kind === 'instant' && parseInstantMicros(String(from)) === parseInstantMicros(String(to))) continue;
    yield { pointer: `${parent}${pointer}`, from: plain(from), to: plain(to) };
  }
}

function plain(value: unknown): string | number {
  return typeof value === 'number' ? value : String(value);
}
