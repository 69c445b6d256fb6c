import { expect, test } from 'bun:test';
import { sampleOrder } from '../../../test/helpers/sample-orders.ts';
import type { Order } from '../../order/order.ts';
import {
  type Field,
  ITEM_COLUMNS,
  ORDER_COLUMNS,
  readOrders,
  SELECT_ORDERS,
  SOURCE_COLUMNS,
  trimInstant,
} from './order-rows.ts';

/** The rows SELECT_ORDERS gives of an order: int8 as text. */
function rowsOf(order: Order): Field[][] {
  const { delivery: d, payment: p } = order;
  const text = [order.order_uid, order.track_number, order.entry];
  const delivery = [d.name, d.phone, d.zip, d.city, d.address, d.region, d.email];
  const numbers = [p.delivery_cost, p.goods_total, p.custom_fee].map(String);
  const who = [p.transaction, p.request_id, p.currency, p.provider];
  const payment = [...who, String(p.amount), String(p.payment_dt), p.bank, ...numbers];
  const rest = [order.locale, order.internal_signature, order.customer_id, order.delivery_service];
  const dated = [order.shardkey, String(order.sm_id), '2021-11-26T06:22:19.000000Z', order.oof_shard];
  const source = ['orders', 4, '123456', '1760000000000', '1760000000123'];
  return order.items.map((i) => [
    ...text,
    ...delivery,
    ...payment,
    ...rest,
    ...dated,
    ...source,
    ...[String(i.chrt_id), i.track_number, String(i.price), i.rid, i.name, String(i.sale), i.size],
    ...[String(i.total_price), String(i.nm_id), i.brand, String(i.status)],
  ]);
}

test('rows become orders, an item a row, in their order', () => {
  const orders = [sampleOrder('a', 3), sampleOrder('b', 1)];
  const found = readOrders(orders.flatMap(rowsOf));
  expect([...found.values()].map(({ order }) => order)).toEqual(orders);
  expect(found.get('a')?.origin).toEqual({
    topic: 'orders',
    partition: 4,
    offset: 123_456n,
    producedAt: 1_760_000_000_000,
    storedAt: 1_760_000_000_123,
  });
});

test('no rows, no orders', () => {
  expect(readOrders([])).toEqual(new Map());
});

test('the widest integers come through', () => {
  const order = sampleOrder('a', 1, { sm_id: Number.MAX_SAFE_INTEGER });
  order.payment.payment_dt = -Number.MAX_SAFE_INTEGER;
  expect(readOrders(rowsOf(order)).get('a')?.order).toEqual(order);
});

test('the statement selects as many columns as are read', () => {
  const [row = []] = rowsOf(sampleOrder('a'));
  const columns = ORDER_COLUMNS.length + SOURCE_COLUMNS.length + 1 + ITEM_COLUMNS.length - 2;
  expect(row).toHaveLength(columns);
  // Commas within a function's brackets do not separate columns.
  const list = SELECT_ORDERS.slice('select '.length, SELECT_ORDERS.indexOf('\nfrom')).replace(
    /\([^()]*\)/g,
    '',
  );
  expect(list.split(',')).toHaveLength(columns);
});

test.each([
  ['2021-11-26T06:22:19.000000Z', '2021-11-26T06:22:19Z'],
  ['2021-11-26T06:22:19.120000Z', '2021-11-26T06:22:19.12Z'],
  ['2021-11-26T06:22:19.000001Z', '2021-11-26T06:22:19.000001Z'],
  ['2021-11-26T06:22:10.000000Z', '2021-11-26T06:22:10Z'],
  ['2021-11-26T06:22:19Z', '2021-11-26T06:22:19Z'],
])('%s is %s', (text, canonical) => {
  expect(trimInstant(text)).toBe(canonical);
});
