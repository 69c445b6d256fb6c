import type { OrderState, paths } from '../../../client/schema.generated.ts';
import { isOrderState } from '../../../order/states.ts';
import { namesOf } from '../../components/names.ts';
import { currencyDigits, type Language } from '../../i18n/format.ts';
import { numberText, parseNumber } from '../../i18n/number-text.ts';

type ListQuery = NonNullable<paths['/api/v1/orders']['get']['parameters']['query']>;
export type FilterName = Exclude<keyof ListQuery, 'limit' | 'order' | 'cursor' | 'state'>;

/**
 * The filters of the API's list that are typed, which are query parameters of the page too, and how: those that are
 * `linked` come by links alone.
 */
export const FILTERS: Readonly<Record<FilterName, 'text' | 'linked' | 'currency' | 'money' | 'datetime-local'>> = {
  customer: 'text',
  customer_id: 'linked',
  customer_id_prefix: 'linked',
  order_uid_prefix: 'text',
  track_number: 'linked',
  track_number_prefix: 'text',
  delivery_service: 'text',
  currency: 'currency',
  created_from: 'datetime-local',
  created_to: 'datetime-local',
  stored_from: 'datetime-local',
  stored_to: 'datetime-local',
  amount_from: 'money',
  amount_to: 'money',
};

export const FILTER_NAMES = namesOf(FILTERS);

/** What the address says of the list. */
export interface OrderFilters {
  readonly values: Readonly<Partial<Record<FilterName, string>>>;
  /** One of these; all if there is none. */
  readonly states: readonly OrderState[];
  /** What the address takes for states, and are none. */
  readonly noStates: readonly string[];
  readonly order: 'newest' | 'oldest';
}

/** The page's query → its filters; other parameters are left out. */
export function filtersOf(query: URLSearchParams): OrderFilters {
  const values: Partial<Record<FilterName, string>> = {};
  for (const name of FILTER_NAMES) {
    const value = query.get(name);
    if (value !== null && value !== '') values[name] = value;
  }
  const named = (query.get('state') ?? '').split(',').filter((name) => name !== '');
  const states = named.filter(isOrderState);
  const noStates = named.filter((name) => !isOrderState(name));
  return { values, states, noStates, order: query.get('order') === 'oldest' ? 'oldest' : 'newest' };
}

/** The filters as a query of the API. */
export function toQuery({ values, states, order }: Omit<OrderFilters, 'noStates'>): URLSearchParams {
  const query = new URLSearchParams(values);
  if (states.length > 0) query.set('state', states.join());
  if (order === 'oldest') query.set('order', order);
  return query;
}

/** `2026-01-02T03:04` in the reader's time zone → RFC 3339; undefined for any other text. */
export function fromLocalInput(text: string): string | undefined {
  const date = new Date(text);
  return text === '' || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** The opposite, for a `datetime-local` field; empty if it is not an instant. */
export function toLocalInput(instant: string | undefined): string {
  const date = new Date(instant ?? '');
  if (Number.isNaN(date.getTime())) return '';
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/**
 * An amount as people write it → minor units as the API has them: `18,17`, 'USD' → `1817`. Undefined for what is no
 * amount of that currency; without one, amounts have two decimals.
 */
export function minorUnits(text: string, currency: string | undefined, language: Language): string | undefined {
  const value = parseNumber(text, language);
  if (value === undefined) return undefined;
  const units = value * 10 ** currencyDigits(currency);
  const whole = Math.round(units);
  return Number.isSafeInteger(whole) && Math.abs(units - whole) < 1e-6 ? String(whole) : undefined;
}

/** The opposite, for a field; what is no number is shown as it is. */
export function amountText(minor: string, currency: string | undefined, language: Language): string {
  return /^-?\d{1,16}$/.test(minor) ? numberText(Number(minor) / 10 ** currencyDigits(currency), language) : minor;
}
