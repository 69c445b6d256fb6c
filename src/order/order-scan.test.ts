import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { decodeOrder } from './decode.ts';
import { ORDER_FIELDS } from './fields.ts';
import { formatInstantMicros, isPlainInstant, parseInstantMicros } from './instant.ts';
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

const COPY_ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** What the scan says the fields are, in the contract's order. */
function scannedFields(): { order: string[]; items: string[][] } {
  const read = (fields: Int32Array, from: number, count: number): string[] =>
    Array.from({ length: count }, (_, index) => {
      const [start = 0, end = 0] = fields.subarray(2 * (from + index));
      if (start >= 0) return scan.bytes.toString('utf8', start, end);
      const text = scan.rewritten.bytes.toString('utf8', ~start, end);
      return text.replace(/\\(.)/g, (_, letter: string) => COPY_ESCAPES[letter] ?? letter);
    });
  return {
    order: read(scan.fields, 0, ORDER_FIELDS.order.length),
    items: Array.from({ length: scan.items }, (_, item) =>
      read(scan.itemFields, item * ORDER_FIELDS.item.length, ORDER_FIELDS.item.length),
    ),
  };
}

function instant(text: string): string {
  const micros = isPlainInstant(text) ? undefined : parseInstantMicros(text);
  return micros === undefined ? text : formatInstantMicros(micros);
}

/** In the order of the contract, whatever the order's own is. */
function expectedFields(order: Order): { order: string[]; items: string[][] } {
  const whole = { ...order, date_created: instant(order.date_created) };
  return {
    order: ORDER_FIELDS.order.map((field) => String(field.read(whole))),
    items: order.items.map((item) => ORDER_FIELDS.item.map((field) => String(field.read(item)))),
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

describe('whatever way it is spelled, its values are found', () => {
  const ascii = (text: string): string =>
    text.replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const order = sample();
  order.delivery.name = 'Тест "Тестов" \\ 試験 🚚\t\n\r\b\f/';
  order.delivery.city = 'Köln';
  order.items = [order.items, order.items].flat();
  order.payment.goods_total *= 2;
  order.payment.amount += order.payment.goods_total / 2;
  const text = JSON.stringify(order);
  const spellings: [string, string][] = [
    ['escapes', text],
    ['ASCII only', ascii(text)],
    ['capital hexadecimal digits', ascii(text).replace(/\\u[0-9a-f]{4}/g, (one) => `\\u${one.slice(2).toUpperCase()}`)],
    ['escapes where none is needed', text.replaceAll('/', '\\/').replace('WBIL"', '\\u0057\\u005c\\u0009BIL"')],
    ['lines and spaces', `\r\n\t ${JSON.stringify(order, null, 2)} \n`],
    ['members in another order', JSON.stringify(reversed(order))],
    ['all at once', ascii(JSON.stringify(reversed(order), null, '\t'))],
    ['the 29th', text.replace('2021-11-26T', '2021-11-29T')],
    ['a zone', text.replace('06:22:19Z', '06:22:19+05:30')],
    ['a fraction', text.replace('06:22:19Z', '06:22:19.123456789z')],
  ];
  for (const [name, spelled] of spellings)
    test(name, () => {
      // Also after a message with another order of members.
      expect([recognised(compact), recognised(spelled)]).toEqual([true, true]);
      expect(scannedFields()).toEqual(expectedFields(JSON.parse(spelled)));
      const rejected = decodeOrder(Buffer.from(spelled), options);
      expect(rejected.ok).toBe(true);
    });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

test('it reads where it is told to, and no further', () => {
  const bytes = Buffer.from(`xx${compact}{"y":1}`);
  expect(scan.scan(bytes, 2, compact.length, latestDate(NOW))).toBe(true);
  expect(scan.scan(bytes, 2, compact.length + 1, latestDate(NOW))).toBe(false);
  expect(scan.scan(bytes, 2, compact.length - 1, latestDate(NOW))).toBe(false);
  expect(scan.scan(bytes.subarray(0, 200), 2, 198, latestDate(NOW))).toBe(false);
});

describe('left to decodeOrder', () => {
  const cases: [string, string][] = [
    ['an escape in the uid', compact.replace('"order_uid":"b', '"order_uid":"\\u0062')],
    ['an unknown escape', compact.replace('Test Testov', 'Test\\xTestov')],
    ['U+0000', compact.replace('Test Testov', 'Test\\u0000')],
    ['half a pair', compact.replace('Test Testov', 'Test\\ud83d')],
    ['the other half', compact.replace('Test Testov', 'Test\\ude9a')],
    ['an escape that is not hexadecimal', compact.replace('Test Testov', 'Test\\u00g0')],
    ['a field twice', compact.replace('"entry":"WBIL"', '"entry":"WBIL","entry":"WBIL"')],
    ['a field less', compact.replace('"entry":"WBIL",', '')],
    ['a comma too much', compact.replace(/}$/, ',}')],
    ['a control character', compact.replace('Test Testov', 'Test\tTestov')],
    ['a leading zero', compact.replace('"sm_id":99', '"sm_id":099')],
    ['minus zero', compact.replace('"sm_id":99', '"sm_id":-0')],
    ['an exponent', compact.replace('"sm_id":99', '"sm_id":99e0')],
    ['16 digits', compact.replace('"sm_id":99', '"sm_id":1000000000000000')],
    ['no digits', compact.replace('"sm_id":99', '"sm_id":-')],
    ['one field more', compact.replace('"sm_id":99', '"sm_id":99,"more":1')],
    ['a wrong sum', compact.replace('"goods_total":317', '"goods_total":318')],
    ['a wrong amount', compact.replace('"amount":1817', '"amount":1818')],
    ['no items', compact.replace(/"items":\[.*\]/, '"items":[]')],
    ['an empty order_uid', compact.replace('"order_uid":"b563feb7b2b84b6test"', '"order_uid":""')],
    ['a long order_uid', compact.replace('"order_uid":"', `"order_uid":"${'x'.repeat(129)}`)],
    ['a long text', compact.replace('Test Testov', 'x'.repeat(1001))],
    ['a day that is not in the month', compact.replace('2021-11-26T', '2021-11-31T')],
    ['a future date in another zone', compact.replace('2021-11-26T06:22:19Z', '2026-01-16T13:00:01+01:00')],
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
  const alphabet = Buffer.from('0123456789-"{}[],:\\ aeuZT.\u00e9\t/');
  const escapes = compact.replace('Test Testov', '\\u0422\\u0435\\ud83d\\ude9a\\n\\\\').replace('19Z', '19.5+03:00');
  const originals = [compact, escapes, JSON.stringify(JSON.parse(escapes), null, 1)].map((one) => Buffer.from(one));
  let accepted = 0;
  for (let round = 0; round < 30_000; round++) {
    const bytes = Buffer.from(originals[round % originals.length] ?? '');
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
