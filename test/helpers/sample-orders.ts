import { randomBytes } from 'node:crypto';
import type { OutgoingMessage } from '../../src/kafka/send/message-sender.ts';
import type { Item, Order } from '../../src/order/order.ts';
import sample from '../fixtures/order.json';

/** The classic sample with another uid, `items` items whose sums hold, and whatever else is to differ. */
export function sampleOrder(uid: string, items = 1, changes: Partial<Order> = {}): Order {
  const order: Order = { ...structuredClone(sample), order_uid: uid };
  const [first] = order.items;
  if (first === undefined) throw new Error('the sample has no item');
  order.items = Array.from({ length: items }, (_, at): Item => ({ ...first, rid: `${uid}-${at + 1}` }));
  order.payment.transaction = uid;
  order.payment.goods_total = items * first.total_price;
  order.payment.amount = order.payment.goods_total + order.payment.delivery_cost + order.payment.custom_fee;
  return { ...order, ...changes };
}

/** `count` orders with one to three items; their uids begin with the prefix, or with a random one. */
export function sampleOrders(count: number, prefix = randomBytes(4).toString('hex')): Order[] {
  return Array.from({ length: count }, (_, at) => sampleOrder(`${prefix}-${at}`, 1 + (at % 3)));
}

/** The order as the producer role sends it; `changes` replace parts of the message. */
export function messageOf(order: Order, changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { ...rawMessage(JSON.stringify(order), order.order_uid), ...changes };
}

/** Any value under any key. */
export function rawMessage(value: string | Buffer | null, key: string | null = null): OutgoingMessage {
  return {
    key: key === null ? null : Buffer.from(key),
    value: typeof value === 'string' ? Buffer.from(value) : value,
    headers: { 'content-type': 'application/json', 'produced-at': '1760000000000' },
  };
}
