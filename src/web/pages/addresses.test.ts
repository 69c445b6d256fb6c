import { expect, test } from 'bun:test';
import {
  addressOf,
  groupAddress,
  messageQueryOf,
  nameBelow,
  positionIn,
  topicAddress,
  uidOf,
  uidOfSearch,
} from './addresses.ts';

test('an order’s address leads back to it, whatever its uid', () => {
  for (const uid of ['b563feb7b2b84b6test', 'a/b', 'ü 😀?#&', '%', '%2F']) expect(uidOf(addressOf(uid))).toBe(uid);
});

test('the addresses of topics and groups, too', () => {
  expect(nameBelow('topics', topicAddress('orders.dead-letters'))).toBe('orders.dead-letters');
  for (const group of ['a/b', 'ü %']) expect(nameBelow('groups', groupAddress(group))).toBe(group);
  expect(nameBelow('topics', groupAddress('a'))).toBeUndefined();
});

test('other paths are no order’s', () => {
  for (const path of ['/', '/orders', '/orders/', '/orders/a/b', '/x/orders/a']) expect(uidOf(path)).toBeUndefined();
});

test('what can’t be decoded or encoded does not throw', () => {
  expect(uidOf('/orders/%ff')).toBe('%ff');
  expect(addressOf('\ud800')).toBe('/orders/%EF%BF%BD');
});

test('the address says which messages', () => {
  const of = (text: string) => messageQueryOf(new URLSearchParams(text));
  expect(of('topic=orders&partition=0&offset=17&at=1h')).toEqual({ partition: 0, offset: 17 });
  expect(of('offset=17&at=1h&key=a')).toEqual({ at: '1h', key: 'a' });
  expect(of('partition=x&key=')).toEqual({});
});

test('what is looked for may be pasted from anywhere', () => {
  const cases = [
    [' b563feb7b2b84b6test ', 'b563feb7b2b84b6test'],
    ['"b563feb7b2b84b6test",', 'b563feb7b2b84b6test'],
    ['«one»', 'one'],
    ['  "order_uid": "b563",', 'b563'],
    ['{"order_uid":"b563","track_number":"W"}', 'b563'],
    ['order_uid=b563', 'b563'],
    ['https://shop.example/console/orders/a%20b?view=json', 'a b'],
    ['a/b', 'a/b'],
    ['', ''],
  ];
  for (const [text = '', uid = ''] of cases) expect([text, uidOfSearch(text)]).toEqual([text, uid]);
});

test('a position in the address is one, or none', () => {
  const at = (text: string) => positionIn(new URLSearchParams({ letter: text }), 'letter');
  expect(['0:60', '0:60 ', 'x', '1:', '%'].map(at)).toEqual(['0:60', undefined, undefined, undefined, undefined]);
  expect(positionIn(new URLSearchParams(), 'message')).toBeUndefined();
});
