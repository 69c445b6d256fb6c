import { describe, expect, test } from 'bun:test';
import { sampleOrder } from '../../../test/helpers/sample-orders.ts';
import type { Order } from '../../order/order.ts';
import { orderText } from './order-texts.ts';

const textOf = (order: Order, plainStrings = false): string | undefined =>
  orderText({ ok: true, order, plainStrings });

test('equal orders have equal texts, however their instant is written', () => {
  const text = textOf(sampleOrder('a', 2));
  expect(text).toContain('\u001f2021-11-26 06:22:19+00\u001f');
  expect(textOf(sampleOrder('a', 2), true)).toBe(text);
  expect(textOf(sampleOrder('a', 2, { date_created: '2021-11-26T09:22:19.000+03:00' }))).toBe(text);
  expect(textOf(sampleOrder('a', 2, { date_created: '2021-11-26T06:22:19.120Z' }))).toContain(
    '2021-11-26 06:22:19.12+00',
  );
});

test('orders that differ in any field have other texts', () => {
  const text = textOf(sampleOrder('a'));
  const walk = (value: object, change: (holder: Record<string, unknown>, key: string) => void): void => {
    for (const [key, child] of Object.entries(value)) {
      if (typeof child === 'object' && child !== null) walk(child, change);
      else change(value as Record<string, unknown>, key);
    }
  };
  let fields = 0;
  const order = sampleOrder('a');
  walk(order, (holder, key) => {
    fields += 1;
    const before = holder[key];
    if (key === 'date_created') holder[key] = '2021-11-26T06:22:20Z';
    else holder[key] = typeof before === 'number' ? before + 1 : `${String(before)}x`;
    expect(textOf(order)).not.toBe(text);
    holder[key] = before;
  });
  expect(fields).toBe(39);
  expect(textOf(order)).toBe(text);
});

describe('a text that can’t tell where a field ends is none', () => {
  for (const [name, changes] of [
    ['in the order', { locale: 'a\u001fb' }],
    ['in an item', { items: sampleOrder('a').items.map((item) => ({ ...item, brand: '\u001f' })) }],
  ] as const) {
    test(name, () => expect(textOf(sampleOrder('a', 1, changes))).toBeUndefined());
  }
  test('other control characters are fine', () =>
    expect(textOf(sampleOrder('a', 1, { locale: 'a\tb\n\\' }))).toBeDefined());
});
