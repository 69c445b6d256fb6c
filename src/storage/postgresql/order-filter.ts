import { formatInstantMicros } from '../../order/instant.ts';
import { bitsOfStates } from '../../order/states.ts';
import type { ListOrder, ListPosition, OrderFilter } from '../stored-orders.ts';
import { stateBitsSql } from './state-counts.ts';

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

/** A list of names or numbers as an array of PostgreSQL. */
export function arrayText(values: readonly (string | number)[]): string {
  return `{${values.join()}}`;
}

/** The condition on the state; with `unknown` it is worked out where it is not stored. */
export function addStates(conditions: Conditions, { states }: OrderFilter, unknown: boolean): void {
  if (states === undefined) return;
  const stored = 'o.state = any(?::text[])';
  const bits = arrayText(bitsOfStates(states));
  if (!unknown) conditions.add(stored, arrayText(states));
  else
    conditions.add(
      `(${stored} or o.state is null and coalesce(${stateBitsSql('o.order_uid')}, 0) = any(?::int[]))`,
      arrayText(states),
      bits,
    );
}

/** A filter's conditions, except those on `stored_at` and the state. Parameters are text, read as the column's type. */
export function addFilter(conditions: Conditions, filter: OrderFilter): void {
  addIndexed(conditions, filter);
  const { customer, trackNumberPrefix } = filter;
  if (customer !== undefined)
    conditions.add(
      '(o.customer_id ~ ?::text or o.delivery_name ~ ?::text)',
      `^${anyCase(customer)}`,
      WORD_START + anyCase(customer),
    );
  if (trackNumberPrefix !== undefined) conditions.add('o.track_number ~ ?::text', `^${anyCase(trackNumberPrefix)}`);
  if (filter.trackNumber !== undefined) conditions.add('o.track_number = ?::text', filter.trackNumber);
  if (filter.deliveryService !== undefined) conditions.add('o.delivery_service = ?::text', filter.deliveryService);
  if (filter.currency !== undefined) conditions.add('o.payment_currency = ?::text', filter.currency);
  if (filter.createdFrom !== undefined) conditions.add('o.date_created >= ?::timestamptz', filter.createdFrom);
  if (filter.createdTo !== undefined) conditions.add('o.date_created < ?::timestamptz', filter.createdTo);
  if (filter.amountFrom !== undefined) conditions.add('o.payment_amount >= ?::bigint', String(filter.amountFrom));
  if (filter.amountTo !== undefined) conditions.add('o.payment_amount < ?::bigint', String(filter.amountTo));
}

/** As in the index. */
const INDEXED_CUSTOMER = 'left(o.customer_id, 100) collate "C"';

/** Those of a filter's conditions that have an index of their own. */
export function addIndexed(conditions: Conditions, filter: OrderFilter): void {
  const { customerId } = filter;
  if (customerId !== undefined) {
    conditions.add(`${INDEXED_CUSTOMER} = left(?::text, 100)`, customerId);
    conditions.add('o.customer_id = ?::text', customerId);
  }
  addPrefix(conditions, INDEXED_CUSTOMER, filter.customerIdPrefix);
  addPrefix(conditions, 'o.order_uid', filter.uidPrefix);
}

/** That the value of an expression with the collation "C" begins with a text: a range that an index leads to. */
function addPrefix(conditions: Conditions, expression: string, prefix: string | undefined): void {
  if (prefix === undefined) return;
  conditions.add(`${expression} >= ?::text`, prefix);
  const end = endOfPrefix(prefix);
  if (end !== undefined) conditions.add(`${expression} < ?::text`, end);
}

const LAST_CHARACTER = 0x10ffff;
const SURROGATES = { first: 0xd800, last: 0xdfff };

/** The first text after all that begin with this one, by code points; undefined when there is none. */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CHARACTER) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  const next = last + 1 === SURROGATES.first ? SURROGATES.last + 1 : last + 1;
  return String.fromCodePoint(...points, next);
}

/** In a regular expression of PostgreSQL, where a word of a name begins. What a letter is depends on the database. */
const WORD_START = `(^|[ \t.,'’"«(/-])`;

/**
 * A regular expression of PostgreSQL for this text in any case, whatever the database's locale knows of letters; spaces
 * stand for any white space.
 */
export function anyCase(text: string): string {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => Array.from(word, characterInAnyCase).join(''))
    .join('\\s+');
}

function characterInAnyCase(character: string): string {
  const cases = new Set([character, character.toLowerCase(), character.toUpperCase()]);
  const single = [...cases].filter((one) => Array.from(one).length === 1);
  if (single.length > 1) return `[${single.join('')}]`;
  return /[!-/:-@[-`{-~]/.test(character) ? `\\${character}` : character;
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

/** True when it asks for more than states and a range of `stored_at`. */
export function isSelective(filter: OrderFilter): boolean {
  const conditions = new Conditions();
  addFilter(conditions, filter);
  return conditions.values.length > 0;
}
