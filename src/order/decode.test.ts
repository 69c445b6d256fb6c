import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { decodeOrder } from './decode.ts';
import type { Order } from './order.ts';
import type { RejectionReason } from './rejection.ts';

const sampleText = readFileSync('test/fixtures/order.json', 'utf8');
const NOW = Date.parse('2026-01-15T12:00:00Z');
const options = { maxBytes: 524_288, now: () => NOW };

function sample(): Order {
  return JSON.parse(sampleText);
}

function decode(value: unknown): ReturnType<typeof decodeOrder> {
  return decodeOrder(Buffer.from(JSON.stringify(value)), options);
}

function reasonOf(value: Buffer | string | null): RejectionReason | 'accepted' {
  const verdict = decodeOrder(typeof value === 'string' ? Buffer.from(value) : value, options);
  return verdict.ok ? 'accepted' : verdict.reason;
}

test('the classic sample is an order', () => {
  const verdict = decodeOrder(Buffer.from(sampleText), options);
  expect(verdict).toEqual({ ok: true, order: JSON.parse(sampleText), plainStrings: true });
});

describe('what is not an order has a reason', () => {
  const bytes = (text: string): Buffer => Buffer.from(text);
  const compact = JSON.stringify(sample());
  const cases: [string, Buffer | string | null, RejectionReason][] = [
    ['a null value', null, 'tombstone'],
    ['an empty value', '', 'not_json'],
    ['white space', '  \n', 'not_json'],
    ['half a message', compact.slice(0, compact.length / 2), 'not_json'],
    ['a byte order mark', `\ufeff${compact}`, 'not_json'],
    ['invalid UTF-8', Buffer.concat([bytes('{"order_uid":"'), Buffer.from([0xc3, 0x28]), bytes('"}')]), 'invalid_utf8'],
    ['a surrogate as three bytes', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'invalid_utf8'],
    ['more than a megabyte', Buffer.alloc(1_100_000, 0x20), 'too_large'],
    ['null', 'null', 'schema'],
    ['a number', '42', 'schema'],
    ['an array', `[${compact}]`, 'schema'],
    ['an empty object', '{}', 'schema'],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'schema'],
    ['an own __proto__', compact.replace('{', '{"__proto__":{"admin":true},'), 'unknown_field'],
    ['an own constructor', compact.replace('{', '{"constructor":1,'), 'unknown_field'],
    ['an unknown field in an item', compact.replace('"chrt_id"', '"extra":1,"chrt_id"'), 'unknown_field'],
    ['a string for a number', compact.replace('"sm_id":99', '"sm_id":"99"'), 'schema'],
    ['a fraction', compact.replace('"sm_id":99', '"sm_id":99.5'), 'schema'],
    ['a null field', compact.replace('"sm_id":99', '"sm_id":null'), 'schema'],
    ['an integer past 2^53', compact.replace('"sm_id":99', '"sm_id":9007199254740993'), 'integer_range'],
    ['1e400', compact.replace('"sm_id":99', '"sm_id":1e400'), 'schema'],
    ['no items', JSON.stringify({ ...sample(), items: [] }), 'schema'],
    ['an empty order_uid', compact.replace('"order_uid":"b563feb7b2b84b6test"', '"order_uid":""'), 'schema'],
    ['a wrong goods_total', compact.replace('"goods_total":317', '"goods_total":318'), 'sums_mismatch'],
    ['a wrong amount', compact.replace('"amount":1817', '"amount":1816'), 'sums_mismatch'],
    ['U+0000', compact.replace('Test Testov', 'Test\\u0000Testov'), 'nul_character'],
    ['a lone surrogate', compact.replace('Test Testov', 'Test \\ud83d'), 'lone_surrogate'],
    ['a surrogate pair the wrong way round', compact.replace('Mascaras', '\\ude00\\ud83d'), 'lone_surrogate'],
    ['a day that is not', compact.replace('2021-11-26', '2021-02-29'), 'invalid_date'],
    ['a date without zone', compact.replace('06:22:19Z', '06:22:19'), 'invalid_date'],
    ['a leap second', compact.replace('06:22:19Z', '23:59:60Z'), 'invalid_date'],
    ['a date after tomorrow', compact.replace('2021-11-26T06:22:19Z', '2026-01-16T12:00:01Z'), 'future_date'],
    ['far future, with a fraction', compact.replace('2021-11-26T06:22:19Z', '9999-12-31T23:59:59.999Z'), 'future_date'],
  ];
  for (const [name, value, reason] of cases) {
    test(`${name}: ${reason}`, () => expect(reasonOf(value)).toBe(reason));
  }
});

describe('what is an order', () => {
  const compact = JSON.stringify(sample());
  const cases: [string, string][] = [
    ['escaped characters', compact.replace('Test Testov', 'Test\\t\\"Testov\\"\\n\\\\ \\ud83d\\ude00')],
    ['any script', compact.replace('Test Testov', 'Тест Тестов 試験 🚚')],
    ['integers at the limit', compact.replace('"sm_id":99', '"sm_id":9007199254740991')],
    ['1e2 is an integer', compact.replace('"sm_id":99', '"sm_id":1e2')],
    ['a zone other than UTC', compact.replace('06:22:19Z', '06:22:19+03:00')],
    ['microseconds', compact.replace('06:22:19Z', '06:22:19.123456Z')],
    ['a day less than a day ahead', compact.replace('2021-11-26T06:22:19Z', '2026-01-16T11:59:59Z')],
  ];
  for (const [name, text] of cases) test(name, () => expect(reasonOf(text)).toBe('accepted'));

  test('of a key that stands twice the last one counts', () => {
    const verdict = decodeOrder(Buffer.from(compact.replace('"sm_id":99', '"sm_id":1,"sm_id":99')), options);
    expect(verdict.ok && verdict.order.sm_id).toBe(99);
  });
});

test('the detail says where, and keeps the rest of the order to itself', () => {
  const verdict = decode({ ...sample(), payment: { ...sample().payment, goods_total: 1 } });
  expect(verdict).toMatchObject({ ok: false, detail: '/payment/goods_total: is 1, the items add up to 317' });
  const missing = decode({ ...sample(), payment: { ...sample().payment, bank: undefined } });
  expect(missing).toMatchObject({ ok: false, reason: 'schema', detail: '/payment/bank: is missing' });
  const unknown = decodeOrder(Buffer.from(`{"a/b~c":1,${JSON.stringify(sample()).slice(1)}`), options);
  expect(unknown).toMatchObject({ reason: 'unknown_field', detail: '/a~1b~0c: is not a field of an order' });
});
