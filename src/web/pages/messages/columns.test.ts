import { expect, test } from 'bun:test';
import type { Message } from '../../../client/schema.generated.ts';
import { pick, pointersIn, toCsv } from './columns.ts';

test('columns are picked from the JSON of values', () => {
  expect(pointersIn(' order_uid, /payment/amount /order_uid')).toEqual(['/order_uid', '/payment/amount']);
  const value = '{"order_uid":"a","payment":{"amount":7},"items":[{"rid":"r"}],"x/y":null}';
  const pointers = ['/order_uid', '/payment/amount', '/items/0/rid', '/x~1y', '/payment', '/none/at'];
  expect(pick(value, pointers)).toEqual(['a', '7', 'r', 'null', '{"amount":7}', '']);
  for (const other of ['no json', null, { base64: '/w==' }]) expect(pick(other, ['/a'])).toEqual(['']);
});

test('a file of them is CSV that no spreadsheet runs', () => {
  const message: Message = {
    partition: 1,
    offset: 7,
    timestamp: '2026-01-01T00:00:00Z',
    key: '=1+1',
    headers: [],
    value: '{"a":"x,\\"y"}',
    value_bytes: 1,
    cut: false,
    meaning: { kind: 'order', order_uid: 'a' },
  };
  expect(toCsv([message], ['/a'])).toBe(
    'partition,offset,timestamp,key,/a\r\n1,7,2026-01-01T00:00:00Z,\'=1+1,"x,""y"\r\n',
  );
});
