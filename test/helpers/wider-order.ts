import Type from 'typebox';
import { fieldsOf } from '../../src/order/fields.ts';
import { ItemSchema, MAX_EXACT_INTEGER, OrderSchema, PaymentSchema } from '../../src/order/order.ts';
import { sampleOrder } from './sample-orders.ts';

const text = Type.String({ maxLength: 40 });
const integer = Type.Integer({ minimum: -MAX_EXACT_INTEGER, maximum: MAX_EXACT_INTEGER });

const WiderSchema = Type.Object({
  ...OrderSchema.properties,
  payment: Type.Object({ ...PaymentSchema.properties, tip: integer }),
  items: Type.Array(Type.Object({ ...ItemSchema.properties, colour: text }), { minItems: 1, maxItems: 1000 }),
  coupon: text,
  packed_at: Type.String({ format: 'date-time', maxLength: 40 }),
});

/** A copy of the order contract with fields more: in the order, in its payment and in its items. */
export const WIDER_FIELDS = fieldsOf(WiderSchema);

/** What a migration would add for them. */
export const WIDER_TABLES = `
  alter table orders add payment_tip bigint not null default 0, add coupon text not null default '',
    add packed_at timestamptz not null default now();
  alter table order_items add colour text not null default ''`;

export function widerOrder(uid: string): Type.Static<typeof WiderSchema> {
  const order = sampleOrder(uid, 2);
  return {
    ...order,
    payment: { ...order.payment, tip: 50 },
    items: order.items.map((item) => ({ ...item, colour: 'blue' })),
    coupon: 'WELCOME, "10"',
    packed_at: '2021-11-27T00:00:00Z',
  };
}
