import Type, { type Static } from 'typebox';
import { formatInstantMicros, parseInstantMicros } from '../../../order/instant.ts';
import { MAX_EXACT_INTEGER } from '../../../order/order.ts';
import type { OrderFilter } from '../../../storage/order-listing.ts';
import { type RequestViolation, violated } from '../../http/problem.ts';

/** PostgreSQL can hold no U+0000. */
const exactly = (description: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1000,
      pattern: '^[^\\u0000]+$',
      description: `Only this ${description}`,
    }),
  );
const instant = (description: string) =>
  Type.Optional(Type.String({ maxLength: 40, format: 'date-time', description: `${description}, RFC 3339` }));
const amount = (description: string) =>
  Type.Optional(Type.Integer({ minimum: -MAX_EXACT_INTEGER, maximum: MAX_EXACT_INTEGER, description }));

/** Query parameters of a list's filter and order; from is inclusive, to is exclusive. */
export const ORDER_FILTER_PARAMETERS = {
  customer_id: exactly('customer; has an index of its own'),
  track_number: exactly('track number'),
  delivery_service: exactly('delivery service'),
  currency: exactly('currency'),
  created_from: instant('date_created at or after this'),
  created_to: instant('date_created before this'),
  stored_from: instant('stored at or after this'),
  stored_to: instant('stored before this'),
  amount_from: amount('Amount of this or more, minor units'),
  amount_to: amount('Amount of less than this, minor units'),
  order: Type.Enum(['newest', 'oldest'], {
    default: 'newest',
    description: 'What comes first, by when it was stored',
  }),
};

const filterSchema = Type.Object(ORDER_FILTER_PARAMETERS);
export type FilterParameters = Static<typeof filterSchema>;

/** The parameters as a filter, instants as one text each, whatever their time zone. @throws ProblemError 400 for a date that is none */
export function orderFilter(query: FilterParameters): OrderFilter {
  const violations: RequestViolation[] = [];
  const at = (name: 'created_from' | 'created_to' | 'stored_from' | 'stored_to'): string | undefined => {
    const text = query[name];
    if (text === undefined) return undefined;
    const micros = parseInstantMicros(text);
    if (micros !== undefined) return formatInstantMicros(micros);
    violations.push({
      in: 'query',
      pointer: name,
      message: 'is not an RFC 3339 date-time of the years 1 to 9999',
    });
    return undefined;
  };
  const filter = {
    customerId: query.customer_id,
    trackNumber: query.track_number,
    deliveryService: query.delivery_service,
    currency: query.currency,
    createdFrom: at('created_from'),
    createdTo: at('created_to'),
    storedFrom: at('stored_from'),
    storedTo: at('stored_to'),
    amountFrom: query.amount_from,
    amountTo: query.amount_to,
  };
  if (violations.length > 0) throw violated('bad-request', violations);
  return filter;
}
