import { formatInstantMicros } from '../../order/instant.ts';
import type { ListOrder, ListPosition, OrderFilter } from '../stored-orders.ts';

/** Conditions on `orders o` with their parameters, joined by `and`. */
export class Conditions {
  readonly values: string[] = [];
  readonly #texts: string[] = [];

  /** Adds a condition; `?` in it stands for the next of the values. */
  add(text: string, ...values: string[]): void {
    let at = 0;
    this.#texts.push(
      text.replace(/\?/g, () => {
        this.values.push(values[at++] ?? '');
        return `$${this.values.length}`;
      }),
    );
  }

  /** `where …`, or nothing when there is no condition. */
  get where(): string {
    return this.#texts.length === 0 ? '' : `where ${this.#texts.join(' and ')}`;
  }
}

/** A filter's conditions, except those on `stored_at`. Parameters are text, read as the column's type. */
export function addFilter(conditions: Conditions, filter: OrderFilter): void {
  if (filter.customerId !== undefined) {
    const { customerId } = filter;
    // The first is worded exactly as in the index.
    conditions.add(`left(o.customer_id, 100) collate "C" = left(?::text, 100)`, customerId);
    conditions.add('o.customer_id = ?::text', customerId);
  }
  if (filter.trackNumber !== undefined) conditions.add('o.track_number = ?::text', filter.trackNumber);
  if (filter.deliveryService !== undefined) conditions.add('o.delivery_service = ?::text', filter.deliveryService);
  if (filter.currency !== undefined) conditions.add('o.payment_currency = ?::text', filter.currency);
  if (filter.createdFrom !== undefined) conditions.add('o.date_created >= ?::timestamptz', filter.createdFrom);
  if (filter.createdTo !== undefined) conditions.add('o.date_created < ?::timestamptz', filter.createdTo);
  if (filter.amountFrom !== undefined) conditions.add('o.payment_amount >= ?::bigint', String(filter.amountFrom));
  if (filter.amountTo !== undefined) conditions.add('o.payment_amount < ?::bigint', String(filter.amountTo));
}

/** The conditions of a filter on `stored_at`. */
export function addStoredRange(conditions: Conditions, { storedFrom, storedTo }: OrderFilter): void {
  if (storedFrom !== undefined) conditions.add('o.stored_at >= ?::timestamptz', storedFrom);
  if (storedTo !== undefined) conditions.add('o.stored_at < ?::timestamptz', storedTo);
}

/** Only what comes after the position; one without a uid is past all orders of its instant. */
export function addPosition(conditions: Conditions, after: ListPosition, order: ListOrder): void {
  const comparison = order === 'newest' ? '<' : '>';
  const storedAt = formatInstantMicros(after.storedAt);
  if (after.uid === '') {
    conditions.add(`o.stored_at ${comparison} ?::timestamptz`, storedAt);
    return;
  }
  // The first condition can use the index on stored_at.
  conditions.add(`o.stored_at ${comparison}= ?::timestamptz`, storedAt);
  conditions.add(
    `(o.stored_at, o.source_offset, o.order_uid) ${comparison} (?::timestamptz, ?::bigint, ?::text collate "C")`,
    storedAt,
    after.offset.toString(),
    after.uid,
  );
}

/** Only what was stored up to and including this instant, in the direction of the list. */
export function addEnd(conditions: Conditions, end: bigint, order: ListOrder): void {
  conditions.add(`o.stored_at ${order === 'newest' ? '>' : '<'}= ?::timestamptz`, formatInstantMicros(end));
}

/** True when it asks for more than a range of `stored_at`. */
export function isSelective(filter: OrderFilter): boolean {
  const conditions = new Conditions();
  addFilter(conditions, filter);
  return conditions.values.length > 0;
}
