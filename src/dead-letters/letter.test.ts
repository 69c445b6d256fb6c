import { expect, test } from 'bun:test';
import { letterRecord } from '../../test/helpers/letter-records.ts';
import { logRecord } from '../../test/helpers/log-record.ts';
import { formatPosition, orderUidOf, parsePosition } from '../contract/letter.ts';
import { rfc3339 } from '../lib/rfc3339.ts';
import { parseLetter } from './letter.ts';

test('a record becomes a letter, its headers split from those of dead letters', () => {
  const letter = parseLetter('t', 4, letterRecord({ offset: 7, reason: 'not_json', replays: 2, at: 55 }));
  expect(letter).toMatchObject({
    partition: 4,
    offset: 7,
    reason: 'not_json',
    detail: '/items: wrong',
    source: { topic: 'orders', partition: 2, offset: 107 },
    at: 55,
    replays: 2,
    headers: [[Buffer.from('content-type'), Buffer.from('application/json')]],
  });
  expect(letter.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test('the order of a message is the one its value names, JSON or not, or else its key', () => {
  const uidOf = (key: string | null, value: string | Uint8Array | null) =>
    orderUidOf({ key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value) });
  expect(uidOf('k', '{"order_uid": "a\\u00e9 b"}')).toBe('aé b');
  expect(uidOf('k', '{"order_uid":"a","items":[{"half": ')).toBe('a');
  expect(uidOf('k', Uint8Array.of(0xff, 0x41))).toBe('k');
  for (const value of [null, '', '{}', '{"order_uid":7}', '{"order_uid":"', '{"order_uid":""}', '{"order_uid":"\\x"}'])
    expect(uidOf('k', value)).toBe('k');
  expect(uidOf(null, `{"order_uid":"${'x'.repeat(129)}"}`)).toBeUndefined();
  expect(orderUidOf({ key: Buffer.from([0xff]), value: null })).toBeUndefined();
});

test('both copies of a letter have one id; another message, source, replay or topic has another', () => {
  const id = (parts: Parameters<typeof letterRecord>[0], topicId = 't') =>
    parseLetter(topicId, 0, letterRecord({ source: 9, key: 'k', value: 'v', ...parts })).id;
  const first = id({ offset: 1 });
  expect(id({ offset: 30, at: 99 })).toBe(first);
  const others = [
    id({ offset: 1, value: 'w' }),
    id({ offset: 1, key: 'kv', value: '' }),
    id({ offset: 1, key: null }),
    id({ offset: 1, value: null }),
    id({ offset: 1, source: 10 }),
    id({ offset: 1, replays: 1 }),
    id({ offset: 1, topic: 'other' }),
    id({ offset: 1 }, 'u'),
  ];
  expect(new Set([first, ...others]).size).toBe(9);
});

test('a message without our headers is foreign, and each of them is its own', () => {
  const strange = (offset: number) => parseLetter('t', 0, logRecord({ offset, timestamp: 8, value: 'x' }));
  expect(strange(1)).toMatchObject({ reason: 'unknown', source: undefined, at: 8, replays: 0 });
  expect(strange(1).id).not.toBe(strange(2).id);
  const invented = letterRecord({ offset: 1, reason: 'because' });
  expect(parseLetter('t', 0, invented)).toMatchObject({ reason: 'unknown', source: { topic: 'orders' } });
});

test('absurd times are brought within what RFC 3339 can write', () => {
  for (const [at, timestamp, expected] of [
    ['999999999999999', 0, '9999-12-31T23:59:59.999Z'],
    ['soon', -(2 ** 63), '1970-01-01T00:00:00.000Z'],
    ['soon', 2 ** 63, '9999-12-31T23:59:59.999Z'],
  ] as const) {
    const record = logRecord({ offset: 0, value: 'x', timestamp, headers: { 'dl-at': at } });
    expect(rfc3339(parseLetter('t', 0, record).at)).toBe(expected);
  }
});

test('positions are read as they are written', () => {
  expect(parsePosition(formatPosition({ partition: 3, offset: 17 }))).toEqual({ partition: 3, offset: 17 });
  for (const text of ['', '3', ':', '3:', '-1:2', '1:2:3', '1: 2', '1:1e3']) {
    expect(parsePosition(text)).toBeUndefined();
  }
});
