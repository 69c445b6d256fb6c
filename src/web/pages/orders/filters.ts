import type { paths } from '../../../client/schema.generated.ts';
import { namesOf } from '../../components/names.ts';

type ListQuery = NonNullable<paths['/api/v1/orders']['get']['parameters']['query']>;
export type FilterName = Exclude<keyof ListQuery, 'limit' | 'order' | 'cursor'>;

/** The filters of the API's list, which are query parameters of the page too, and how each is typed. */
export const FILTERS: Readonly<Record<FilterName, 'text' | 'number' | 'datetime-local'>> = {
  customer_id: 'text',
  track_number: 'text',
  delivery_service: 'text',
  currency: 'text',
  created_from: 'datetime-local',
  created_to: 'datetime-local',
  stored_from: 'datetime-local',
  stored_to: 'datetime-local',
  amount_from: 'number',
  amount_to: 'number',
};

export const FILTER_NAMES = namesOf(FILTERS);

/** What the address says of the list. */
export interface OrderFilters {
  readonly values: Readonly<Partial<Record<FilterName, string>>>;
  readonly order: 'newest' | 'oldest';
}

/** The page's query → its filters; other parameters are left out. */
export function filtersOf(query: URLSearchParams): OrderFilters {
  const values: Partial<Record<FilterName, string>> = {};
  for (const name of FILTER_NAMES) {
    const value = query.get(name);
    if (value !== null && value !== '') values[name] = value;
  }
  return { values, order: query.get('order') === 'oldest' ? 'oldest' : 'newest' };
}

/** The filters as a query of the API. */
export function toQuery({ values, order }: OrderFilters): URLSearchParams {
  const query = new URLSearchParams(values);
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
