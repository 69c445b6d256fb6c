import Type from 'typebox';
import { OrderUidSchema } from '../../../order/order.ts';
import { ORDER_STATES } from '../../../order/states.ts';
import type { Problem } from '../../http/problem.ts';
import { InstantSchema, LookupUidSchema, NextCursorSchema, natural, OffsetSchema, orNull, strict } from '../schemas.ts';

export const ORDER_NOT_FOUND: Problem = {
  name: 'order-not-found',
  status: 404,
  title: 'There is no order with this order_uid',
  advice: 'An order sent a moment ago may still be on its way from Kafka.',
};
export const ORDER_REJECTED: Problem = {
  name: 'order-rejected',
  status: 422,
  title: 'This is not a valid order',
  advice: '`reason` is the code a dead letter would have; `violations` says where and why.',
};

export const OrderStateSchema = Type.Enum([...ORDER_STATES], {
  $id: 'OrderState',
  description: 'By the status codes of its items; `other`: a code has no name',
});

/** Body of a lookup. */
export const LookupRequestSchema = Type.Object({ order_uid: LookupUidSchema }, { ...strict, $id: 'LookupRequest' });

/** One line of a list. */
const OrderSummarySchema = Type.Object(
  {
    order_uid: OrderUidSchema,
    track_number: Type.String(),
    customer_id: Type.String(),
    delivery_name: Type.String(),
    delivery_city: Type.String(),
    amount: Type.Integer({ description: 'In minor units of the currency' }),
    currency: Type.String(),
    items: Type.Integer({ description: 'Number of items' }),
    state: OrderStateSchema,
    date_created: InstantSchema,
    stored_at: InstantSchema,
  },
  { ...strict, $id: 'OrderSummary' },
);

/** A page of a list of orders. */
export const OrderListSchema = Type.Object(
  {
    orders: Type.Array(OrderSummarySchema),
    next_cursor: NextCursorSchema,
    searched_to: orNull(
      InstantSchema,
      'How far the list has been searched, by when the orders were stored; null after the last page',
    ),
  },
  { ...strict, $id: 'OrderList' },
);

/** The position of a sent order in Kafka. */
export const AcceptedSchema = Type.Object(
  {
    order_uid: OrderUidSchema,
    partition: natural(),
    offset: OffsetSchema,
    status: Type.Enum(['accepted', 'stored', 'superseded'], {
      description: 'superseded: a later version of it is stored now',
    }),
  },
  { ...strict, $id: 'Accepted' },
);
