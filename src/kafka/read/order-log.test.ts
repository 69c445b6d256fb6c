import { expect, test } from 'bun:test';
import { logRecords } from '../../../test/helpers/log-records.ts';
import { producedAt } from './order-log.ts';

const TIMESTAMP = 1_760_000_000_000;

function at(headers: Record<string, string | Buffer>, timestamp = TIMESTAMP): number {
  const [record] = logRecords([{ key: null, value: null, headers }], 0, timestamp);
  if (record === undefined) throw new Error('no record');
  return producedAt(record);
}

test('the header counts', () => {
  expect(at({ other: '1', 'produced-at': '1700000000123' })).toBe(1_700_000_000_123);
  expect(at({ 'produced-at': '0' })).toBe(0);
});

test.each(['', 'yesterday', '-1', '1.5', '1e3', ' 1', '9999999999999999', '253402300800000', '0x10'])(
  'a header that is no instant (%p) leaves the record’s timestamp',
  (value) => {
    expect(at({ 'produced-at': value })).toBe(TIMESTAMP);
  },
);

test('without the header the timestamp counts, within what the database can hold', () => {
  expect(at({})).toBe(TIMESTAMP);
  expect(at({ 'PRODUCED-AT': '5' })).toBe(TIMESTAMP);
  expect(at({}, -1)).toBe(0);
  expect(at({}, 300_000_000_000_000)).toBe(253_402_300_799_999);
});
