import type { SpoilingFault } from '../contract/generator.ts';
import type { Order } from '../order/order.ts';

const OVERSIZE_BYTES = 600_000;

/**
 * The bytes of the order spoilt in the way of the fault, and in that way only: with `variety` (any 32-bit number) choosing
 * among the ways there are. Null is a tombstone.
 */
export function spoil(fault: SpoilingFault, order: Order, variety: number): Buffer | null {
  if (fault === 'tombstone') return null;
  if (fault === 'malformed') return Buffer.from(malformed(JSON.stringify(order), variety));
  if (fault === 'invalid_utf8') return invalidUtf8(order);
  return Buffer.from(JSON.stringify(spoiltObject(fault, order, variety)));
}

type ObjectFault = Exclude<SpoilingFault, 'tombstone' | 'malformed' | 'invalid_utf8'>;

function spoiltObject(fault: ObjectFault, order: Order, variety: number): unknown {
  const { delivery, payment } = order;
  switch (fault) {
    case 'unknown_field':
      return variety % 2 === 0
        ? { ...order, coupon: 'WELCOME10' }
        : { ...order, delivery: { ...delivery, floor: (variety % 30) + 1 } };
    case 'type_mismatch':
      return mismatched(order, variety);
    case 'integer_range':
      return { ...order, payment: { ...payment, amount: 2 ** 53 + 2 } };
    case 'sums_mismatch':
      return variety % 2 === 0
        ? { ...order, payment: { ...payment, amount: payment.amount + 1 + (variety % 100) } }
        : { ...order, payment: { ...payment, goods_total: payment.goods_total - 1 } };
    case 'invalid_date':
      return { ...order, date_created: variety % 2 === 0 ? '2024-02-30T12:00:00Z' : 'yesterday' };
    case 'future_date':
      return {
        ...order,
        date_created: `2${900 + (variety % 100)}${order.date_created.slice(4)}`.replace('02-29', '02-28'),
      };
    case 'nul':
      return { ...order, delivery: { ...delivery, name: `${delivery.name}\u0000` } };
    case 'surrogate':
      return {
        ...order,
        delivery: { ...delivery, city: `${delivery.city}${variety % 2 === 0 ? '\ud83d' : '\ude00'}` },
      };
    case 'oversize':
      return { ...order, delivery: { ...delivery, address: 'x'.repeat(OVERSIZE_BYTES) } };
  }
}

function malformed(json: string, variety: number): string {
  const ways = [
    json.slice(0, Math.floor((json.length * (10 + (variety % 80))) / 100)),
    json.slice(0, -1),
    `${json},`,
    json.replaceAll('"', "'"),
    json.replace('{"order_uid":', '{order_uid:'),
    `${json}${json}`,
    'order',
    '',
  ];
  return ways[(variety >>> 8) % ways.length] ?? '';
}

function mismatched(order: Order, variety: number): unknown {
  const { delivery, payment, items, ...rest } = order;
  const ways: unknown[] = [
    { ...order, payment: { ...payment, amount: String(payment.amount) } },
    { ...order, items: Object.fromEntries(items.entries()) },
    { ...rest, payment, items },
    { ...order, items: items.map((item) => ({ ...item, price: item.price + 0.5 })) },
    { ...order, delivery: { ...delivery, name: null } },
    { ...order, order_uid: 17 },
    { ...order, items: [] },
    [order],
  ];
  return ways[(variety >>> 8) % ways.length];
}

/** A byte that no UTF-8 text has (RFC 3629 section 3), inside the recipient's name. */
function invalidUtf8(order: Order): Buffer {
  const marker = '~~';
  const bytes = Buffer.from(JSON.stringify({ ...order, delivery: { ...order.delivery, name: marker } }));
  bytes[bytes.indexOf(marker)] = 0xff;
  return bytes;
}
