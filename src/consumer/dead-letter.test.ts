import { expect, test } from 'bun:test';
import { logRecords } from '../../test/helpers/log-records.ts';
import type { OutgoingMessage } from '../kafka/message-sender.ts';
import type { RecordHeaders } from '../kafka/order-log.ts';
import { reject } from '../order/validate.ts';
import { deadLetterOf, truncatedLetter } from './dead-letter.ts';

function letterOf(message: OutgoingMessage): OutgoingMessage {
  const [record] = logRecords([message], 42);
  if (record === undefined) throw new Error('no record');
  const rejection = reject('not_json', '', 'no JSON');
  return deadLetterOf({ topic: 'orders', partition: 3, record, rejection, at: 1_760_000_000_123 });
}

test('a dead letter keeps key, value bytes and headers, and says why and from where it is', () => {
  const value = Buffer.from([0xff, 0x00, 0xfe]);
  const headers = { traceparent: '00-1-2-01', bytes: Buffer.from([0xff]) };
  const letter = letterOf({ key: Buffer.from('k'), value, headers });
  expect(letter.key).toEqual(Buffer.from('k'));
  expect(letter.value).toEqual(value);
  expect(letter.carried).toEqual([
    [Buffer.from('traceparent'), Buffer.from('00-1-2-01')],
    [Buffer.from('bytes'), Buffer.from([0xff])],
  ]);
  expect(letter.headers).toEqual({
    'dl-reason': 'not_json',
    'dl-detail': '/: no JSON',
    'dl-topic': 'orders',
    'dl-partition': '3',
    'dl-offset': '42',
    'dl-at': '1760000000123',
    'dl-replays': '0',
  });
});

test('nothing stays nothing: no key, no value', () => {
  const letter = letterOf({ key: null, value: null, headers: {} });
  expect([letter.key, letter.value]).toEqual([null, null]);
});

test('the count of replays is kept, what an earlier rejection said is not', () => {
  const letter = letterOf({
    key: null,
    value: null,
    headers: { 'dl-replays': '2', 'dl-reason': 'schema', 'dl-offset': '7' },
  });
  expect(String(letter.headers['dl-replays'])).toBe('2');
  expect([letter.headers['dl-reason'], letter.headers['dl-offset']]).toEqual(['not_json', '42']);
});

test('headers are carried as they are: one name twice, no value, no text, named like properties of every object', () => {
  const carried: RecordHeaders = [
    [Buffer.from('__proto__'), Buffer.from('polluted')],
    [Buffer.from('trace'), Buffer.from('1')],
    [Buffer.from('trace'), Buffer.from('2')],
    [Buffer.from('nothing'), null],
    [Buffer.from([0xff]), Buffer.alloc(0)],
  ];
  const letter = letterOf({ key: null, value: null, headers: {}, carried });
  expect(letter.carried).toEqual([...carried]);
  const [record] = logRecords([letter]);
  expect(record?.headers.slice(0, carried.length)).toEqual([...carried]);
  expect(record?.headers.slice(carried.length).map(([name]) => String(name))).toEqual([
    'dl-reason',
    'dl-detail',
    'dl-topic',
    'dl-partition',
    'dl-offset',
    'dl-at',
    'dl-replays',
  ]);
});

test('a letter that is refused goes with the start of its value, and says how long it was', () => {
  const letter = truncatedLetter(
    letterOf({ key: Buffer.from('k'), value: Buffer.alloc(1_000_000, 0x61), headers: { traceparent: '00' } }),
  );
  expect(letter.value).toEqual(Buffer.alloc(65_536, 0x61));
  expect(letter.headers).toMatchObject({
    'dl-truncated': '1000000',
    'dl-offset': '42',
    'dl-reason': 'not_json',
  });
  expect(letter.carried ?? []).toEqual([]);
});
