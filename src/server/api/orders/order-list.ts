import Type from 'typebox';
import type { OrderListing } from '../../../storage/order-listing.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { badParameter } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { LimitSchema, OrderListSchema } from '../schemas.ts';
import { decodeListCursor, encodeListCursor } from './list-cursor.ts';
import { ORDER_FILTER_PARAMETERS, orderFilter } from './order-list-query.ts';

const description = `Every filter that is given must hold; of a range, \`_from\` is inclusive and \`_to\` exclusive. Going on with each
\`next_cursor\` gives every order that was there when the first page was read exactly once, however many are stored meanwhile. Of those
stored or changed meanwhile, which counts as stored anew, the ones that fall into the part still to come are given. A page
can have fewer orders than asked for, even none, and a \`next_cursor\` all the same: then looking for more would have taken too long.`;

/** `GET /api/v1/orders`. */
export function orderListEndpoints({ listing }: { readonly listing: OrderListing }): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/api/v1/orders',
        operationId: 'listOrders',
        summary: 'Orders by when they were stored, newest first, a page at a time',
        description,
        tag: 'orders',
        access: 'reading',
        query: Type.Object({
          limit: LimitSchema,
          ...ORDER_FILTER_PARAMETERS,
          cursor: Type.Optional(
            Type.String({ maxLength: 800, description: 'A next_cursor of the same filters and order' }),
          ),
        }),
        responses: { 200: { description: 'A page of orders', schema: OrderListSchema } },
        problems: ['database-unavailable'],
      },
      async ({ query: { limit, cursor, ...parameters } }) => {
        const listed = { filter: orderFilter(parameters), order: parameters.order };
        const after = cursor === undefined ? undefined : decodeListCursor(cursor, listed);
        if (cursor !== undefined && after === undefined)
          throw badParameter(
            'query',
            'cursor',
            'is no next_cursor of a list with these filters and this order',
          );
        const { orders, next } = await listing.summaries({ ...listed, after, limit });
        const json = { orders, next_cursor: next ? encodeListCursor(next, listed) : null };
        return { status: 200, json, headers: NO_STORE };
      },
    ),
  ];
}
