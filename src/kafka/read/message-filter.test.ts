import { expect, test } from 'bun:test';
import { messageMatcher, parseMember } from './message-filter.ts';
import type { LogRecord } from './order-log.ts';

const record = (value: string | null, key = 'k'): LogRecord => ({
  offset: 0,
  timestamp: 0,
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: [[Buffer.from('trace'), Buffer.from('a1b2')]],
  bytes: Buffer.alloc(0),
  valueAt: 0,
  valueLength: 0,
  size: 0,
  header: () => undefined,
});
const order = record('{"payment":{"currency":"USD","amount":7},"items":[{"status":1},{"status":202}],"a/b":null}');

test('a text is looked for in value, key and headers', () => {
  const has = (text: string) => messageMatcher({ text: Buffer.from(text) })(order);
  expect(['USD', 'k', 'trace', 'b2', 'EUR'].map(has)).toEqual([true, true, true, true, false]);
  expect(messageMatcher({ text: Buffer.from('k') })(record(null))).toBe(true);
});

test('a member of the JSON is there, or is this', () => {
  const cases: [string, boolean][] = [
    ['/payment/currency=USD', true],
    ['/payment/currency=EUR', false],
    ['/payment/amount=7', true],
    ['/payment', true],
    ['/items/1/status=202', true],
    ['/items/*/status=202', true],
    ['/items/*/status=203', false],
    ['/items/2', false],
    ['/a~1b=null', true],
    ['/payment/currency/x', false],
  ];
  for (const [text, expected] of cases)
    expect([text, messageMatcher({ member: parseMember(text) })(order)]).toEqual([text, expected]);
  expect(parseMember('payment')).toBeUndefined();
  for (const value of ['no json', '{"a":', null]) {
    expect(messageMatcher({ member: { path: ['a'] } })(record(value))).toBe(false);
  }
});

test('all that is given must match; nothing given is everything', () => {
  const both = messageMatcher({ key: Buffer.from('k'), text: Buffer.from('EUR') });
  expect([both(order), messageMatcher({})(order), messageMatcher({ key: Buffer.from('x') })(order)]).toEqual([
    false,
    true,
    false,
  ]);
});
