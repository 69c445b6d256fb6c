import Type, { type Static } from 'typebox';

/** Largest integer every JSON reader keeps exactly (RFC 8259 section 6). */
export const MAX_EXACT_INTEGER = Number.MAX_SAFE_INTEGER;

const strict = { additionalProperties: false } as const;
const integer = (description: string) =>
  Type.Integer({ minimum: -MAX_EXACT_INTEGER, maximum: MAX_EXACT_INTEGER, description });
const money = (description: string) => integer(`${description}, in minor units of the payment's currency`);
const text = (description: string) => Type.String({ maxLength: 1000, description });

export const OrderUidSchema = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'The order’s identifier; also the Kafka message key',
});

const DeliverySchema = Type.Object(
  {
    name: text('Recipient'),
    phone: text('Phone number, E.164 where the sender knows it'),
    zip: text('Postal code'),
    city: text('City'),
    address: text('Street and house'),
    region: text('Region, state or province'),
    email: text('E-mail address'),
  },
  strict,
);

export const PaymentSchema = Type.Object(
  {
    transaction: text('Identifier of the payment, usually the order_uid'),
    request_id: text('Identifier of the payment request; may be empty'),
    currency: text('ISO 4217 alphabetic code'),
    provider: text('Payment provider'),
    amount: money('goods_total + delivery_cost + custom_fee'),
    payment_dt: integer('When it was paid, Unix seconds'),
    bank: text('Bank'),
    delivery_cost: money('Price of the delivery'),
    goods_total: money('Sum of total_price over the items'),
    custom_fee: money('Customs fee'),
  },
  strict,
);

export const ItemSchema = Type.Object(
  {
    chrt_id: integer('Identifier of the article’s variant'),
    track_number: text('Track number of the parcel the item is in'),
    price: money('Price before the discount'),
    rid: text('Identifier of this item in this order'),
    name: text('Name of the article'),
    sale: integer('Discount, per cent'),
    size: text('Size'),
    total_price: money('Price after the discount'),
    nm_id: integer('Identifier of the article'),
    brand: text('Brand'),
    status: integer('Status code of the item'),
  },
  strict,
);

/** The order contract: one schema gives the TypeScript type, the compiled check and the JSON Schema. */
export const OrderSchema = Type.Object(
  {
    order_uid: OrderUidSchema,
    track_number: text('Track number of the parcel'),
    entry: text('Where the order entered the system'),
    delivery: DeliverySchema,
    payment: PaymentSchema,
    items: Type.Array(ItemSchema, { minItems: 1, maxItems: 1000 }),
    locale: text('Language of the customer'),
    internal_signature: text('Internal signature; may be empty'),
    customer_id: text('Identifier of the customer'),
    delivery_service: text('Delivery service'),
    shardkey: text('Sharding key'),
    sm_id: integer('Identifier of the sales channel'),
    date_created: Type.String({
      format: 'date-time',
      maxLength: 40,
      description: 'When the order was made, RFC 3339; kept to the microsecond',
    }),
    oof_shard: text('Shard of the order flow'),
  },
  { ...strict, $id: 'Order', title: 'Order' },
);

export type Order = Static<typeof OrderSchema>;
export type Item = Static<typeof ItemSchema>;
