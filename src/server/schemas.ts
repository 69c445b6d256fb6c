import Type from 'typebox';
import { OrderUidSchema } from '../order/order.ts';

const strict = { additionalProperties: false } as const;

/** Body of a lookup. */
export const LookupRequestSchema = Type.Object({ order_uid: OrderUidSchema }, strict);

/** How many orders a list may have. */
export const LimitSchema = Type.Integer({ minimum: 1, maximum: 200, default: 20 });

/** One line of a list. */
export const OrderSummarySchema = Type.Object(
  {
    order_uid: OrderUidSchema,
    track_number: Type.String(),
    customer_id: Type.String(),
    delivery_name: Type.String(),
    delivery_city: Type.String(),
    amount: Type.Integer({ description: 'Minor units of the currency' }),
    currency: Type.String(),
    items: Type.Integer({ description: 'How many items the order has' }),
    date_created: Type.String({ format: 'date-time' }),
    stored_at: Type.String({ format: 'date-time' }),
  },
  strict,
);

/** A list of orders, newest first. */
export const OrderListSchema = Type.Object({ orders: Type.Array(OrderSummarySchema) }, strict);

/** Where Kafka put an order that was sent. */
export const AcceptedSchema = Type.Object(
  {
    order_uid: OrderUidSchema,
    partition: Type.Integer({ minimum: 0 }),
    offset: Type.String({ description: '64-bit number as text' }),
  },
  strict,
);

/** The state of the engines. */
export const ReadinessSchema = Type.Object(
  {
    status: Type.Enum(['ok', 'degraded', 'unavailable']),
    engines: Type.Array(
      Type.Object(
        {
          name: Type.Enum(['postgresql', 'kafka', 'redis']),
          status: Type.Enum(['up', 'down']),
          required: Type.Boolean(),
          latency_ms: Type.Optional(Type.Number()),
        },
        strict,
      ),
    ),
  },
  strict,
);

/** RFC 9457; some kinds add members of their own. */
export const ProblemSchema = Type.Object({
  type: Type.String({ format: 'uri-reference' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String({ format: 'uri-reference' }),
  order_uid: Type.Optional(OrderUidSchema),
  reason: Type.Optional(Type.String({ description: 'Why an order was rejected' })),
});
