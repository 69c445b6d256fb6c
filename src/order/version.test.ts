import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import type { Order } from './order.ts';
import { firstDifference, replaces } from './version.ts';

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
  expect(firstDifference(sample(), longer)).toBe('/items');
});

test('instants compare as instants, and 0 as -0', () => {
  const other = { ...sample(), date_created: '2021-11-26T09:22:19.000+03:00', sm_id: -0 };
  expect(firstDifference({ ...sample(), sm_id: 0 }, other)).toBeUndefined();
  expect(firstDifference(sample(), { ...sample(), date_created: '2021-11-26T06:22:20Z' })).toBe('/date_created');
});
