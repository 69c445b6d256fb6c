import { expect, test } from 'bun:test';
import { addressOf, messageQueryOf, uidOf } from './addresses.ts';

test('an order’s address leads back to it, whatever its uid', () => {
  for (const uid of ['b563feb7b2b84b6test', 'a/b', 'ü 😀?#&', '%', '%2F']) expect(uidOf(addressOf(uid))).toBe(uid);
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
