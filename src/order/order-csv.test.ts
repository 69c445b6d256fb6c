import { describe, expect, test } from 'bun:test';
import { sampleOrder } from '../../test/helpers/sample-orders.ts';
import type { Order } from './order.ts';
import { CSV_HEADER, orderToCsv } from './order-csv.ts';

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

function columns(order: Order, safe: boolean): Map<string, string> {
  const [names = [], values = []] = parse(CSV_HEADER + orderToCsv(order, safe));
  expect(values.length).toBe(names.length);
  return new Map(names.map((name, at) => [name, values[at] ?? '']));
}

describe('an order as CSV', () => {
  test('every field has a column of its own, the items are JSON', () => {
    const order = sampleOrder('a', 2);
    const row = columns(order, true);
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
      const row = columns(sampleOrder('a', 1, { entry: text }), false);
      expect(row.get('entry')).toBe(text);
    }
  });

  test('what a spreadsheet would run gets an apostrophe, unless the texts are wanted as they are', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', '=HYPERLINK("x","y")']) {
      const order = sampleOrder('a', 1, { locale: text });
      expect(columns(order, true).get('locale')).toBe(`'${text}`);
      expect(columns(order, false).get('locale')).toBe(text);
    }
    const negative = { ...sampleOrder('a'), sm_id: -5 };
    expect(columns(negative, true).get('sm_id')).toBe('-5');
  });
});
