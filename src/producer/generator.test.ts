import { describe, expect, test } from 'bun:test';
import { decodeOrder } from '../order/decode.ts';
import { validateOrder } from '../order/validate.ts';
import { CUSTOMER_SHIFT, drawCustomerRank } from './customers.ts';
import { createdAtMs, ORDER_EPOCH_MS, orderAt, orderBytes } from './generator.ts';
import { stretch } from './order-json.ts';
import { orderUid } from './order-uid.ts';
import { Random } from './random.ts';

const now = (): number => Date.UTC(2026, 0, 1);

describe('orderAt', () => {
  test('gives the golden order of seed 1, index 0', () => {
    expect(orderAt({ seed: 1, index: 0 })).toMatchSnapshot();
  });

  test('does not depend on what was generated before', () => {
    const alone = orderAt({ seed: 5, index: 77 });
    for (let index = 0; index < 100; index += 1) orderAt({ seed: index % 3, index });
    expect(orderAt({ seed: 5, index: 77 })).toEqual(alone);
  });

  test('dates orders in 2024, or when the caller says', () => {
    expect(createdAtMs(0)).toBe(ORDER_EPOCH_MS);
    expect(new Date(createdAtMs(31_622_399)).toISOString()).toBe('2024-12-31T23:59:59.000Z');
    const order = orderAt({ seed: 1, index: 3, createdAtMs: Date.UTC(2025, 5, 7, 8, 9, 10, 999) });
    expect(order.date_created).toBe('2025-06-07T08:09:10Z');
    expect(order.payment.payment_dt).toBeLessThan(Date.UTC(2025, 5, 7, 8, 9, 10) / 1000);
  });

  test('a revision keeps the order and its customer, and changes items and sums', () => {
    const first = orderAt({ seed: 1, index: 9 });
    const second = orderAt({ seed: 1, index: 9, revision: 4 });
    expect({ ...second, items: [], payment: null }).toEqual({ ...first, items: [], payment: null });
    expect(second.items).not.toEqual(first.items);
    expect(validateOrder(second, { now }).ok).toBe(true);
  });
});

describe('orderBytes', () => {
  for (const seed of [0, 1, 42, 4_294_967_295]) {
    test(`10 000 orders of seed ${seed} are valid, and byte for byte what JSON.stringify writes`, () => {
      for (let index = 0; index < 10_000; index += 1) {
        const bytes = orderBytes({ seed, index });
        const decoded = decodeOrder(bytes, { maxBytes: 16_384, now });
        if (!decoded.ok) throw new Error(`index ${index}: ${decoded.detail}`);
        if (bytes.toString() !== JSON.stringify(decoded.order)) throw new Error(`index ${index}: ${bytes}`);
      }
    });
  }

  test('average about 1.1 KB', () => {
    let bytes = 0;
    for (let index = 0; index < 20_000; index += 1) bytes += orderBytes({ seed: 8, index }).length;
    expect(bytes / 20_000).toBeWithin(1_000, 1_250);
  });
});

test('JSON prepared beforehand holds neighbouring fields only, so that none is forgotten', () => {
  expect(stretch({ '/payment/provider': 'a"b' }, '/payment/amount')).toBe('","provider":"a\\"b","amount":');
  expect(() => stretch({ '/payment/provider': '' }, '/payment/bank')).toThrow('/payment/bank');
});

describe('the orders of a seed', () => {
  test('a million of them have a million order_uids, 15 hex digits and "test"', () => {
    const uids = new Set<string>();
    for (let index = 0; index < 1_000_000; index += 1) uids.add(orderUid(1, index));
    expect(uids.size).toBe(1_000_000);
    for (const uid of [orderUid(1, 0), orderUid(1, 2 ** 53 - 1), orderUid(4_294_967_295, 2 ** 40)]) {
      expect(uid).toMatch(/^[0-9a-f]{15}test$/);
    }
  }, 60_000);

  test('have one to ten items, half of them one, two on average', () => {
    const counts = new Array<number>(11).fill(0);
    for (let index = 0; index < 20_000; index += 1) {
      const { length } = orderAt({ seed: 3, index }).items;
      counts[length] = (counts[length] ?? 0) + 1;
    }
    const mean = counts.reduce((sum, count, items) => sum + count * items, 0) / 20_000;
    expect(counts[0]).toBe(0);
    expect(mean).toBeWithin(1.95, 2.15);
    expect(counts[1]).toBeWithin(9_600, 10_400);
    expect(counts[10]).toBeGreaterThan(20);
    for (let items = 2; items <= 10; items += 1) expect(counts[items]).toBeLessThan(counts[items - 1] ?? 0);
  });

  test('come from customers by a Zipf–Mandelbrot law', () => {
    const random = new Random();
    random.reset(1, 0, 0);
    const draws = 1_000_000;
    const counts = new Map<number, number>();
    for (let at = 0; at < draws; at += 1) {
      const rank = drawCustomerRank(random);
      counts.set(rank, (counts.get(rank) ?? 0) + 1);
    }
    const first = counts.get(0) ?? 0;
    expect(first / draws).toBeWithin(0.009, 0.012);
    for (const rank of [1, 9, 49, 199]) {
      const expected = (first * (1 + CUSTOMER_SHIFT)) / (rank + 1 + CUSTOMER_SHIFT);
      expect(counts.get(rank) ?? 0).toBeWithin(expected * 0.85, expected * 1.15);
    }
    expect(counts.size).toBeGreaterThan(50_000);
  });

  test('a customer who returns has the same name, address and phone', () => {
    const known = new Map<string, unknown>();
    let returned = 0;
    for (let index = 0; index < 5_000; index += 1) {
      const { customer_id: id, delivery } = orderAt({ seed: 6, index });
      if (known.has(id)) {
        returned += 1;
        expect(delivery).toEqual(known.get(id) as typeof delivery);
      }
      known.set(id, delivery);
    }
    expect(returned).toBeGreaterThan(1_000);
  });

  test('have addresses, phones and currencies of one country, and e-mail at hosts for examples', () => {
    const phones: Record<string, RegExp> = {
      de: /^\+49/,
      fr: /^\+33/,
      es: /^\+34/,
      ru: /^\+7/,
      tr: /^\+90/,
      ja: /^\+81/,
    };
    const seen = new Set<string>();
    for (let index = 0; index < 5_000; index += 1) {
      const { delivery, locale } = orderAt({ seed: 2, index });
      seen.add(locale);
      expect(delivery.phone).toMatch(phones[locale] ?? /^\+(1\d{3}55501\d\d|447700900\d{3})$/);
      expect(delivery.email).toMatch(/^[a-z.0-9]+@([a-z]+\.)?example\.(com|org|net)$/);
      expect(Object.values(delivery).join()).not.toMatch(/[{}#|]/);
    }
    expect([...seen].sort()).toEqual(['de', 'en', 'es', 'fr', 'ja', 'ru', 'tr']);
  });
});
