import { expect, test } from 'bun:test';
import { countEn, countRu } from './plural.ts';

test('a number takes the form of its noun', () => {
  expect([0, 1, 2, 1200].map((n) => countEn(n, 'order', 'orders'))).toEqual([
    '0 orders',
    '1 order',
    '2 orders',
    '1,200 orders',
  ]);
  expect([0, 1, 2, 5, 11, 21, 22].map((n) => countRu(n, 'заказ', 'заказа', 'заказов'))).toEqual([
    '0 заказов',
    '1 заказ',
    '2 заказа',
    '5 заказов',
    '11 заказов',
    '21 заказ',
    '22 заказа',
  ]);
});
