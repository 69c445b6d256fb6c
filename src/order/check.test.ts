import { expect, test } from 'bun:test';
import sample from '../../test/fixtures/order.json';
import { checkOrder } from './check.ts';

const options = { maxBytes: 10_000, now: () => Date.UTC(2026, 0, 1) };
const check = (value: unknown) => checkOrder(Buffer.from(JSON.stringify(value)), options);

test('a good order has its name', () => {
  expect(check(sample)).toEqual({ accepted: true, order_uid: sample.order_uid });
});

test('everything wrong is named, rules beyond types included', () => {
  const { amount, ...payment } = sample.payment;
  expect(check({ ...sample, payment, strange: 1 })).toMatchObject({
    accepted: false,
    violations: expect.arrayContaining([
      { pointer: '/payment/amount', message: 'is missing' },
      { pointer: '/strange', message: 'is not a known member' },
    ]),
  });
  const sums = { ...sample, payment: { ...sample.payment, goods_total: 1, amount: amount + 1 } };
  expect(check({ ...sums, date_created: '2030-01-01T00:00:00Z' })).toMatchObject({
    reason: 'sums_mismatch',
    violations: [{ pointer: '/payment/goods_total' }, { pointer: '/payment/amount' }, { pointer: '/date_created' }],
  });
});

test('a missing field hides nothing that is wrong elsewhere', () => {
  const { name: _, ...delivery } = { ...sample.delivery, city: 'a\u0000b' };
  const order = { ...sample, delivery, payment: { ...sample.payment, amount: 1 }, date_created: 'yesterday' };
  const pointers = ['/delivery/name', '/delivery/city', '/payment/amount', '/date_created'];
  expect(check(order)).toMatchObject({ violations: pointers.map((pointer) => ({ pointer })) });
});

test('very many unknown fields are named as such', () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`strange${at}`, 1]));
  expect(check({ ...sample, ...many })).toMatchObject({
    reason: 'unknown_field',
    violations: expect.arrayContaining([{ pointer: '/strange0', message: 'is not a known member' }]),
  });
});

test('what is no JSON, too long or nothing at all', () => {
  const reasons = [null, Buffer.from('{'), Buffer.from([0xff]), Buffer.alloc(10_001, ' ')].map((value) =>
    checkOrder(value, options),
  );
  expect(reasons).toMatchObject([
    { reason: 'tombstone' },
    { reason: 'not_json' },
    { reason: 'invalid_utf8' },
    { reason: 'too_large' },
  ]);
});
