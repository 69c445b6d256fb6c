import { expect, test } from 'bun:test';
import { sampleOrder } from '../../../test/helpers/sample-orders.ts';
import { WIDER_FIELDS, widerOrder } from '../../../test/helpers/wider-order.ts';
import type { Order } from '../../order/order.ts';
import { latestDate, OrderScan } from '../../order/order-scan.ts';
import { COPY_ITEMS, COPY_ORDERS, CopyRows, columnsOf, escapeText } from './copy-rows.ts';

const PRODUCED_AT = Date.parse('2026-01-02T03:04:05.678Z');

function lines(buffer: { slice(): Buffer }): string[] {
  const text = buffer.slice().toString();
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

function added(order: Order, plainStrings = false): CopyRows {
  const rows = new CopyRows('orders');
  rows.addOrder(order, plainStrings, 3, 41, PRODUCED_AT);
  return rows;
}

/** As PostgreSQL reads a field of the COPY text format. */
function readField(field: string): string {
  const named: Record<string, string> = { n: '\n', r: '\r', t: '\t' };
  return field.replace(/\\(.)/gs, (_, character: string) => named[character] ?? character);
}

test('a row has a field for each column, and says where the order came from', () => {
  const rows = added(sampleOrder('a', 2));
  const [order = ''] = lines(rows.orders);
  const fields = order.split('\t');
  expect(fields).toHaveLength(COPY_ORDERS.slice(COPY_ORDERS.indexOf('(')).split(',').length);
  expect(fields.slice(-5)).toEqual(['orders', '3', '41', '2026-01-02T03:04:05.678Z', 'handed_over']);
  const items = lines(rows.items).map((line) => line.split('\t'));
  expect(items.map(([uid, position]) => [uid, position])).toEqual([
    ['a', '1'],
    ['a', '2'],
  ]);
  expect(items[0]).toHaveLength(COPY_ITEMS.slice(COPY_ITEMS.indexOf('(')).split(',').length);
  expect(rows.count).toBe(1);
});

test.each(['\t', '\n', '\r', '\\', '\\N', '\\.', '\\t', 'a\tb\nc\rd\\e', '\\\\', '\b\f\v', '😀'])(
  'the text %j survives the format',
  (text) => {
    expect(readField(escapeText(text))).toBe(text);
    expect(escapeText(text)).not.toMatch(/[\t\n\r]/);
    const order = sampleOrder(text, 1, { locale: text });
    order.delivery.city = text;
    order.payment.bank = text;
    order.items = order.items.map((item) => ({ ...item, name: text }));
    const rows = added(order);
    const [row = ''] = lines(rows.orders);
    const [item = ''] = lines(rows.items);
    const fields = row.split('\t').map(readField);
    expect([fields[0], fields[6], fields[16], fields[20]]).toEqual([text, text, text, text]);
    expect(item.split('\t').map(readField)[6]).toBe(text);
  },
);

test('instants are written in UTC and to the microsecond', () => {
  const dated = (date_created: string): string | undefined =>
    lines(added(sampleOrder('a', 1, { date_created })).orders)[0]?.split('\t')[26];
  expect(dated('2021-11-26T06:22:19Z')).toBe('2021-11-26T06:22:19Z');
  expect(dated('2021-11-26T08:22:19.1234567+02:00')).toBe('2021-11-26T06:22:19.123457Z');
});

test('an order recognised in its bytes gives the same rows as one that was parsed', () => {
  const order = sampleOrder('order-ü-😀', 3);
  const bytes = Buffer.from(JSON.stringify(order));
  const scan = new OrderScan();
  expect(scan.scan(bytes, 0, bytes.length, latestDate(Date.now()))).toBe(true);
  const scanned = new CopyRows('orders');
  scanned.addScanned(scan, 3, 41, PRODUCED_AT);
  const parsed = added(order, true);
  expect(lines(scanned.orders)).toEqual(lines(parsed.orders));
  expect(lines(scanned.items)).toEqual(lines(parsed.items));
});

test('an order that spells its values in another way gives the same rows, too', () => {
  const order = sampleOrder('order', 2, { date_created: '2024-02-29T23:59:59.25-03:30', locale: '\\N', entry: '\\.' });
  order.delivery.name = 'a\tb\nc\rd\\e/"\b\f\u000b\u007f ü😀';
  const ascii = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
  for (const spelled of [JSON.stringify(order, null, 1), JSON.stringify(order).replace(/[^ -~]/g, ascii)]) {
    const bytes = Buffer.from(spelled);
    const scan = new OrderScan();
    expect(scan.scan(bytes, 0, bytes.length, latestDate(Date.now()))).toBe(true);
    const scanned = new CopyRows('orders');
    scanned.addScanned(scan, 3, 41, PRODUCED_AT);
    const parsed = added(order, false);
    expect(lines(scanned.items)).toEqual(lines(parsed.items));
    // JSON escapes more than COPY needs; it reads both alike.
    const read = (rows: CopyRows): string[] => lines(rows.orders).map((line) => line.replace(/\\([bf"/])/g, unescaped));
    expect(read(scanned)).toEqual(read(parsed));
  }
});

function unescaped(_: string, letter: string): string {
  return { b: '\b', f: '\f' }[letter] ?? letter;
}

test('a field that the description of an order has more is scanned and copied like the others', () => {
  const order = { ...widerOrder('wider'), coupon: 'WELCOME10' };
  const bytes = Buffer.from(JSON.stringify(order));
  const scan = new OrderScan(WIDER_FIELDS);
  expect(scan.scan(bytes, 0, bytes.length, latestDate(Date.now()))).toBe(true);
  const scanned = new CopyRows('orders', WIDER_FIELDS);
  scanned.addScanned(scan, 3, 41, PRODUCED_AT);
  const parsed = new CopyRows('orders', WIDER_FIELDS);
  parsed.addOrder(order, true, 3, 41, PRODUCED_AT);
  expect(lines(scanned.orders)).toEqual(lines(parsed.orders));
  expect(lines(scanned.items)).toEqual(lines(parsed.items));
  const columns = columnsOf(WIDER_FIELDS);
  const row = lines(scanned.orders)[0]?.split('\t') ?? [];
  expect(row[columns.orders.indexOf('payment_tip')]).toBe('50');
  expect(row[columns.orders.indexOf('coupon')]).toBe('WELCOME10');
  expect(lines(scanned.items)[0]?.split('\t')[columns.items.indexOf('colour')]).toBe('blue');
});

test('cleared rows can be used again', () => {
  const rows = added(sampleOrder('a', 3));
  rows.clear();
  rows.addOrder(sampleOrder('b', 1), true, 0, 1, PRODUCED_AT + 1);
  expect(lines(rows.orders).map((line) => line.split('\t')[0])).toEqual(['b']);
  expect(lines(rows.items)).toHaveLength(1);
  expect(rows.count).toBe(1);
});
