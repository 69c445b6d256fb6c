import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { OrderSchema } from '../../order/order.ts';
import type { StoredOrder } from '../order-store.ts';

const strict = { additionalProperties: false } as const;
const instant = Type.Integer({ minimum: -8_640_000_000_000_000, maximum: 8_640_000_000_000_000 });

// The offset is text: it is 64 bits wide, and JSON numbers are exact to 53.
const cached = Compile(
  Type.Object(
    {
      order: OrderSchema,
      origin: Type.Object(
        {
          topic: Type.String(),
          partition: Type.Integer({ minimum: 0 }),
          offset: Type.String({ pattern: '^[0-9]{1,19}$' }),
          producedAt: instant,
          storedAt: instant,
        },
        strict,
      ),
    },
    strict,
  ),
);

/** A stored order → the compact JSON the cache keeps: `{"order":{…},"origin":{…,"offset":"42"}}`. */
export function encodeCachedOrder({ order, origin }: StoredOrder): string {
  return JSON.stringify({ order, origin: { ...origin, offset: origin.offset.toString() } });
}

/** The cache's text → the order; undefined when it is not what `encodeCachedOrder` writes for this uid. */
export function decodeCachedOrder(uid: string, text: string): StoredOrder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!cached.Check(value) || value.order.order_uid !== uid) return undefined;
  return { order: value.order, origin: { ...value.origin, offset: BigInt(value.origin.offset) } };
}
