import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { decodeOrder } from './decode.ts';
import { ORDER_FIELDS } from './fields.ts';
import type { Order } from './order.ts';
import { latestDate, OrderScan } from './order-scan.ts';

const NOW = Date.parse('2026-01-15T12:00:00.5Z');
const options = { maxBytes: 524_288, now: () => NOW };
const sample = (): Order => JSON.parse(readFileSync('test/fixtures/order.json', 'utf8'));
const compact = JSON.stringify(sample());
const scan = new OrderScan();

function recognised(text: string | Buffer): boolean {
  const bytes = Buffer.from(text);
  return scan.scan(bytes, 0, bytes.length, latestDate(NOW));
}

/** What the scan says the fields are, in the contract's order. */
function scannedFields(): { order: string[]; items: string[][] } {
  const read = (fields: Int32Array, from: number, count: number): string[] =>
    Array.from({ length: count }, (_, index) =>
      scan.bytes.toString('utf8', fields[2 * (from + index)], fields[2 * (from + index) + 1]),
    );
  return {
    order: read(scan.fields, 0, ORDER_FIELDS.order.length),
    items: Array.from({ length: scan.items }, (_, item) =>
      read(scan.itemFields, item * ORDER_FIELDS.item.length, ORDER_FIELDS.item.length),
    ),
  };
}

function expectedFields(order: Order): { order: string[]; items: string[][] } {
  const { delivery, payment, items, ...flat } = order;
  const { order_uid, track_number, entry, ...tail } = flat;
  const texts = (value: object): string[] => Object.values(value).map(String);
  return {
    order: [order_uid, track_number, entry, ...texts(delivery), ...texts(payment), ...texts(tail)],
    items: items.map(texts),
  };
}

test('the classic sample, written without white space, is recognised with all its values', () => {
  expect(recognised(compact)).toBe(true);
  expect(scannedFields()).toEqual(expectedFields(sample()));
  expect(scan.uid).toBe('b563feb7b2b84b6test');
  expect(JSON.parse(scan.message.toString())).toEqual(sample());
});

test('many items and any script are recognised', () => {
  const order = sample();
  order.delivery.name = 'Тест Тестов 試験 🚚';
  order.items = Array.from(
    { length: 40 },
    (_, index) => ({ ...sample().items[0], total_price: index }) as Order['items'][0],
  );
  order.payment.goods_total = 780;
  order.payment.amount = 780 + order.payment.delivery_cost;
  expect(recognised(JSON.stringify(order))).toBe(true);
  expect(scannedFields()).toEqual(expectedFields(order));
});

test('it reads where it is told to, and no further', () => {
  const bytes = Buffer.from(`xx${compact}{"y":1}`);
  expect(scan.scan(bytes, 2, compact.length, latestDate(NOW))).toBe(true);
  expect(scan.scan(bytes, 2, compact.length + 1, latestDate(NOW))).toBe(false);
  expect(scan.scan(bytes, 2, compact.length - 1, latestDate(NOW))).toBe(false);
  expect(scan.scan(bytes.subarray(0, 200), 2, 198, latestDate(NOW))).toBe(false);
});

describe('left to decodeOrder', () => {
  const cases: [string, string][] = [
    ['white space', JSON.stringify(sample(), null, 1)],
    ['an escape', compact.replace('Test Testov', 'Test\\tTestov')],
    ['a control character', compact.replace('Test Testov', 'Test\tTestov')],
    ['a leading zero', compact.replace('"sm_id":99', '"sm_id":099')],
    ['minus zero', compact.replace('"sm_id":99', '"sm_id":-0')],
    ['an exponent', compact.replace('"sm_id":99', '"sm_id":99e0')],
    ['16 digits', compact.replace('"sm_id":99', '"sm_id":1000000000000000')],
    ['no digits', compact.replace('"sm_id":99', '"sm_id":-')],
    [
      'another order of the fields',
      compact.replace('"locale":"en","internal_signature":""', '"internal_signature":"","locale":"en"'),
    ],
    ['one field more', compact.replace('"sm_id":99', '"sm_id":99,"more":1')],
    ['a wrong sum', compact.replace('"goods_total":317', '"goods_total":318')],
    ['a wrong amount', compact.replace('"amount":1817', '"amount":1818')],
    ['no items', compact.replace(/"items":\[.*\]/, '"items":[]')],
    ['an empty order_uid', compact.replace('"order_uid":"b563feb7b2b84b6test"', '"order_uid":""')],
    ['a long order_uid', compact.replace('"order_uid":"', `"order_uid":"${'x'.repeat(129)}`)],
    ['a long text', compact.replace('Test Testov', 'x'.repeat(1001))],
    ['the 29th', compact.replace('2021-11-26T', '2021-11-29T')],
    ['a zone', compact.replace('06:22:19Z', '06:22:19+00:00')],
    ['a future date', compact.replace('2021-11-26T06:22:19Z', '2026-01-16T12:00:01Z')],
    ['nothing', ''],
  ];
  for (const [name, text] of cases) test(name, () => expect(recognised(text)).toBe(false));

  test('invalid UTF-8', () => {
    expect(recognised(Buffer.from(compact.replace('Test', '\u00ff'), 'latin1'))).toBe(false);
  });
});

test('the last allowed date is the same as decodeOrder’s', () => {
  const text = compact.replace('2021-11-26T06:22:19Z', '2026-01-16T12:00:00Z');
  expect(recognised(text)).toBe(true);
  expect(decodeOrder(Buffer.from(text), options).ok).toBe(true);
});

test('whatever it recognises, decodeOrder accepts with the same values', () => {
  // A fixed linear congruential generator: the same mutations in every run.
  let state = 42;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
  const alphabet = Buffer.from('0123456789-"{}[],:\\ aeZT.\u00e9\t');
  const original = Buffer.from(compact);
  let accepted = 0;
  for (let round = 0; round < 60_000; round++) {
    const bytes = Buffer.from(original);
    for (let change = random(3); change >= 0; change--) {
      bytes[random(bytes.length)] = alphabet[random(alphabet.length)] ?? 0;
    }
    if (!scan.scan(bytes, 0, bytes.length, latestDate(NOW))) continue;
    accepted += 1;
    const verdict = decodeOrder(bytes, options);
    if (!verdict.ok) throw new Error(`${verdict.reason} ${verdict.detail}: ${bytes.toString()}`);
    expect(scannedFields()).toEqual(expectedFields(verdict.order));
  }
  expect(accepted).toBeGreaterThan(1000);
});
