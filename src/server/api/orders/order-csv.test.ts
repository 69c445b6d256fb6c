import { describe, expect, test } from 'bun:test';
import { sampleOrder } from '../../../../test/helpers/sample-orders.ts';
import { WIDER_FIELDS, widerOrder } from '../../../../test/helpers/wider-order.ts';
import { ORDER_FIELDS } from '../../../order/fields.ts';
import type { Order } from '../../../order/order.ts';
import { csvHeader, orderToCsv } from './order-csv.ts';

/** Reads RFC 4180 by its grammar: records of fields. */
function parse(text: string): string[][] {
  const records: string[][] = [];
  let rest = text;
  let record: string[] = [];
  while (rest.length > 0) {
    const [whole = '', quoted, plain, end] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest) ?? [];
    if (whole === '') throw new Error(`no CSV: ${rest.slice(0, 50)}`);
    record.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') {
      records.push(record);
      record = [];
    }
    rest = rest.slice(whole.length);
  }
  return records;
}

function cells(order: Order, safe: boolean, fields = ORDER_FIELDS): Map<string, string> {
  const [names = [], values = []] = parse(csvHeader(fields) + orderToCsv(order, safe, fields));
  expect(values.length).toBe(names.length);
  return new Map(names.map((name, at) => [name, values[at] ?? '']));
}

describe('an order as CSV', () => {
  test('every field has a column of its own, the items are JSON', () => {
    const order = sampleOrder('a', 2);
    const row = cells(order, true);
    for (const [name, value] of Object.entries(order)) {
      if (typeof value !== 'object') expect(row.get(name)).toBe(String(value));
    }
    for (const [name, value] of Object.entries(order.delivery)) {
      // The sample's phone number begins like a formula.
      expect(row.get(`delivery_${name}`)).toBe(name === 'phone' ? `'${value}` : value);
    }
    for (const [name, value] of Object.entries(order.payment)) {
      expect(row.get(name === 'payment_dt' ? name : `payment_${name}`)).toBe(String(value));
    }
    expect(JSON.parse(row.get('items') ?? '')).toEqual(order.items);
    // No field is left out: 11 of the order, 7 of the delivery, 10 of the payment, the items.
    expect(row.size).toBe(29);
  });

  test('quotes, commas and line ends come back as they were', () => {
    for (const text of ['a"b', '"', 'a,b', 'a\r\nb', '\n', '', ' x ', 'ü 😀', ';', "'"]) {
      const row = cells(sampleOrder('a', 1, { entry: text }), false);
      expect(row.get('entry')).toBe(text);
    }
  });

  test('what a spreadsheet would run gets an apostrophe, unless the texts are wanted as they are', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', '=HYPERLINK("x","y")']) {
      const order = sampleOrder('a', 1, { locale: text });
      expect(cells(order, true).get('locale')).toBe(`'${text}`);
      expect(cells(order, false).get('locale')).toBe(text);
    }
    const negative = { ...sampleOrder('a'), sm_id: -5 };
    expect(cells(negative, true).get('sm_id')).toBe('-5');
  });
});

test('a field that the description of an order has more gets a column, too', () => {
  const row = cells(widerOrder('wider'), true, WIDER_FIELDS);
  expect([row.get('payment_tip'), row.get('coupon')]).toEqual(['50', 'WELCOME, "10"']);
  expect(JSON.parse(row.get('items') ?? '')).toMatchObject([{ colour: 'blue' }, { colour: 'blue' }]);
  expect(row.size).toBe(32);
});
