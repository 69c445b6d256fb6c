import { crc32 } from 'node:zlib';
import Type, { type Static } from 'typebox';
import { textOf } from '../../../lib/printable.ts';
import { formatInstantMicros, parseInstantMicros } from '../../../order/instant.ts';
import { MAX_EXACT_INTEGER } from '../../../order/order.ts';
import type { ListOrder, ListPosition, OrderFilter, OrderListing } from '../../../storage/stored-orders.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { BAD_REQUEST, badParameter, type RequestViolation, violated } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { DATABASE_UNAVAILABLE } from '../problems.ts';
import { LimitSchema } from '../schemas.ts';
import { OrderListSchema, OrderStateSchema } from './schemas.ts';

const description = `All given filters must match; in a range, \`_from\` is inclusive and \`_to\` exclusive. Following each
\`next_cursor\` gives every order that existed when the first page was read exactly once, however many are stored meanwhile. Orders
stored or changed meanwhile (a change counts as stored anew) are included if they fall into the part still to come. A page
can have fewer orders than requested, even none, and still a \`next_cursor\`: finding more would have taken too long.`;

/** `GET /api/v1/orders`. */
export function orderListEndpoints({ listing }: { readonly listing: Pick<OrderListing, 'summaries'> }): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/api/v1/orders',
        operationId: 'listOrders',
        summary: 'Orders by the time they were stored, newest first, a page at a time',
        description,
        tag: 'orders',
        access: 'reading',
        query: Type.Object({
          limit: LimitSchema,
          ...ORDER_FILTER_PARAMETERS,
          cursor: Type.Optional(
            Type.String({ maxLength: 800, description: 'A next_cursor of a list with the same filters and order' }),
          ),
        }),
        responses: { 200: { description: 'A page of orders', schema: OrderListSchema } },
        problems: [DATABASE_UNAVAILABLE],
      },
      async ({ query: { limit, cursor, ...parameters } }) => {
        const listed = { filter: orderFilter(parameters), order: parameters.order };
        const after = cursor === undefined ? undefined : decodeListCursor(cursor, listed);
        if (cursor !== undefined && after === undefined)
          throw badParameter('cursor', 'is not a next_cursor of a list with these filters and this order');
        const { orders, next } = await listing.summaries({ ...listed, after, limit });
        const json = {
          orders,
          next_cursor: next ? encodeListCursor(next, listed) : null,
          searched_to: next ? formatInstantMicros(next.storedAt) : null,
        };
        return { status: 200, json, headers: NO_STORE };
      },
    ),
  ];
}

/** PostgreSQL can't hold U+0000. */
const exactly = (description: string) =>
  Type.Optional(
    Type.String({ minLength: 1, maxLength: 1000, pattern: '^[^\\u0000]+$', description: `Only this ${description}` }),
  );
const prefix = (description: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      pattern: '^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$',
      description: `Only ${description}`,
    }),
  );
const instant = (description: string) =>
  Type.Optional(Type.String({ maxLength: 40, format: 'date-time', description: `${description}, RFC 3339` }));
const amount = (description: string) =>
  Type.Optional(Type.Integer({ minimum: -MAX_EXACT_INTEGER, maximum: MAX_EXACT_INTEGER, description }));

/** Query parameters of a list's filter and order; `from` is inclusive, `to` is exclusive. */
export const ORDER_FILTER_PARAMETERS = {
  order_uid_prefix: prefix('orders whose order_uid begins with this; has its own index'),
  customer: prefix('customers whose customer_id, or a word of whose name, begins with this, in any case'),
  customer_id: exactly('customer; has its own index'),
  customer_id_prefix: prefix('customers whose customer_id begins with this; has its own index'),
  track_number: exactly('track number'),
  track_number_prefix: prefix('track numbers that begin with this, in any case'),
  delivery_service: exactly('delivery service'),
  currency: exactly('currency'),
  state: Type.Optional(
    Type.Array(OrderStateSchema, {
      minItems: 1,
      maxItems: 100,
      description: 'In one of these states; has its own index',
    }),
  ),
  created_from: instant('date_created at or after this'),
  created_to: instant('date_created before this'),
  stored_from: instant('stored at or after this'),
  stored_to: instant('stored before this'),
  amount_from: amount('Amount of this or more, minor units'),
  amount_to: amount('Amount of less than this, minor units'),
  order: Type.Enum(['newest', 'oldest'], { default: 'newest', description: 'Order by the time they were stored' }),
};

const filterSchema = Type.Object(ORDER_FILTER_PARAMETERS);
export type FilterParameters = Static<typeof filterSchema>;

/** The parameters as a filter, with instants in UTC. @throws ProblemError 400 for an invalid date */
export function orderFilter(query: FilterParameters): OrderFilter {
  const violations: RequestViolation[] = [];
  const at = (name: 'created_from' | 'created_to' | 'stored_from' | 'stored_to'): string | undefined => {
    const text = query[name];
    if (text === undefined) return undefined;
    const micros = parseInstantMicros(text);
    if (micros !== undefined) return formatInstantMicros(micros);
    violations.push({ in: 'query', pointer: name, message: 'is not an RFC 3339 date-time of the years 1 to 9999' });
    return undefined;
  };
  const filter = {
    uidPrefix: query.order_uid_prefix,
    customer: query.customer,
    customerId: query.customer_id,
    customerIdPrefix: query.customer_id_prefix,
    trackNumber: query.track_number,
    trackNumberPrefix: query.track_number_prefix,
    deliveryService: query.delivery_service,
    currency: query.currency,
    states: query.state && [...new Set(query.state)].sort(),
    createdFrom: at('created_from'),
    createdTo: at('created_to'),
    storedFrom: at('stored_from'),
    storedTo: at('stored_to'),
    amountFrom: query.amount_from,
    amountTo: query.amount_to,
  };
  if (violations.length > 0) throw violated(BAD_REQUEST, violations);
  return filter;
}

const VERSION = 1;
const HEAD_BYTES = 17;
const SUM_BYTES = 4;
const MAX_UID_BYTES = 128 * 4;
// The years 1 to 9999, as PostgreSQL reads them.
const FIRST_MICROS = -62_135_596_800_000_000n;
const LAST_MICROS = 253_402_300_799_999_999n;

/** The list a cursor belongs to; it is useless for any other. */
export interface ListedQuery {
  readonly filter: OrderFilter;
  readonly order: ListOrder;
}

/** A position as URL-safe text: version, instant, offset, uid, and a checksum over these and the query. */
export function encodeListCursor({ storedAt, offset, uid }: ListPosition, query: ListedQuery): string {
  const uidBytes = Buffer.from(uid);
  const bytes = Buffer.alloc(HEAD_BYTES + uidBytes.length + SUM_BYTES);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeBigInt64BE(storedAt, 1);
  bytes.writeBigInt64BE(offset, 9);
  uidBytes.copy(bytes, HEAD_BYTES);
  bytes.writeUInt32BE(checksum(bytes, query), bytes.length - SUM_BYTES);
  return bytes.toString('base64url');
}

/**
 * Decodes a cursor; undefined when the text is not one of this query. The checksum catches accidents; a forged cursor
 * is only another position in the list.
 */
export function decodeListCursor(text: string, query: ListedQuery): ListPosition | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const uidBytes = bytes.length - HEAD_BYTES - SUM_BYTES;
  if (uidBytes < 0 || uidBytes > MAX_UID_BYTES || bytes.toString('base64url') !== text) return undefined;
  if (bytes[0] !== VERSION || bytes.readUInt32BE(bytes.length - SUM_BYTES) !== checksum(bytes, query)) return undefined;
  const storedAt = bytes.readBigInt64BE(1);
  const offset = bytes.readBigInt64BE(9);
  const uid = textOf(bytes.subarray(HEAD_BYTES, HEAD_BYTES + uidBytes));
  if (uid === undefined || uid.includes('\u0000')) return undefined;
  if (offset < 0n || storedAt < FIRST_MICROS || storedAt > LAST_MICROS) return undefined;
  return { storedAt, offset, uid };
}

function checksum(bytes: Buffer, { filter, order }: ListedQuery): number {
  const named = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return crc32(bytes.subarray(0, bytes.length - SUM_BYTES), crc32(JSON.stringify([order, named])));
}
