import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import type { Order } from './order.ts';
import { differences, firstDifference, replaces } from './version.ts';

test('across partitions the newer version counts; at the same instant the higher partition, from either side', () => {
  const version = (partition: number, producedAt: number) => ({ partition, producedAt });
  expect(replaces(version(0, 2), version(1, 1))).toBe(true);
  expect(replaces(version(1, 1), version(0, 2))).toBe(false);
  expect(replaces(version(1, 1), version(0, 1))).toBe(true);
  expect(replaces(version(0, 1), version(1, 1))).toBe(false);
});

const sample = (): Order => JSON.parse(readFileSync('test/fixtures/order.json', 'utf8'));

test('an order is the same as itself, whatever the order of its keys', () => {
  const turned = Object.fromEntries(Object.entries(sample()).reverse()) as Order;
  expect(firstDifference(sample(), turned)).toBeUndefined();
});

test('the first difference is named', () => {
  const changed = sample();
  const [item] = changed.items;
  if (item !== undefined) item.brand = 'other';
  expect(firstDifference(sample(), changed)).toBe('/items/0/brand');
  const longer = sample();
  longer.items.push(...sample().items);
  expect(firstDifference(sample(), longer)).toBe('/items/1');
});

test('instants compare as instants, and 0 as -0', () => {
  const other = { ...sample(), date_created: '2021-11-26T09:22:19.000+03:00', sm_id: -0 };
  expect(firstDifference({ ...sample(), sm_id: 0 }, other)).toBeUndefined();
  expect(firstDifference(sample(), { ...sample(), date_created: '2021-11-26T06:22:20Z' })).toBe('/date_created');
});

test('every difference is told, with both values, an item that only one order has as a whole', () => {
  const changed = sample();
  const [item] = changed.items;
  if (item === undefined) throw new Error('the sample has no item');
  changed.payment.amount += 5;
  changed.locale = 'ru';
  changed.items.push(item);
  item.status = 401;
  expect([...differences(sample(), changed)]).toEqual([
    { pointer: '/payment/amount', from: 1817, to: 1822 },
    { pointer: '/items/0/status', from: 202, to: 401 },
    { pointer: '/items/1', from: undefined, to: item },
    { pointer: '/locale', from: 'en', to: 'ru' },
  ]);
});
