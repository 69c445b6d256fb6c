import { describe, expect, test } from 'bun:test';
import { JSON_TYPE, nameOf, post } from '../../../../test/helpers/app-requests.ts';
import { FakeBackend } from '../../../../test/helpers/app-under-test.ts';
import { storedOrder } from '../../../../test/helpers/stored-order.ts';
import { AppError } from '../../../lib/app-error.ts';
import { preferredWait } from './order-sending.ts';

const sample = storedOrder('b563feb7b2b84b6test').order;

describe('checking an order', () => {
  test('says what the consumer would say, and sends nothing', async () => {
    const backend = new FakeBackend();
    const check = async (text: string) => {
      const answer = await post(backend.app(), '/api/v1/orders/check', text);
      expect(answer.status).toBe(200);
      return await answer.json();
    };
    expect(await check(JSON.stringify(sample))).toEqual({ accepted: true, order_uid: sample.order_uid });
    const wrong = { ...sample, payment: { ...sample.payment, amount: 1 }, date_created: 'now' };
    expect(await check(JSON.stringify(wrong))).toMatchObject({
      accepted: false,
      reason: 'sums_mismatch',
      violations: [{ pointer: '/payment/amount' }, { pointer: '/date_created' }],
    });
    expect(await check('{')).toMatchObject({ accepted: false, reason: 'not_json' });
    expect(await check('')).toMatchObject({ accepted: false });
    expect(backend.sent).toEqual([]);
  });
});

describe('sending an order', () => {
  test('sends the bytes as they came, and says where they are and where the order will be', async () => {
    const backend = new FakeBackend();
    const text = JSON.stringify({ ...sample, order_uid: 'a/b' }, undefined, 3);
    const answer = await post(backend.app(), '/api/v1/orders', text);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe('/api/v1/orders/a%2Fb');
    expect(await answer.json()).toEqual({
      order_uid: 'a/b',
      partition: 4,
      offset: 9_007_199_254_740_991,
      status: 'accepted',
    });
    expect(answer.headers.get('preference-applied')).toBeNull();
    expect(backend.sent).toEqual([{ uid: 'a/b', value: Buffer.from(text) }]);
  });

  test('what is no order is not sent, and the reason is that of a dead letter', async () => {
    const backend = new FakeBackend();
    const send = async (order: unknown) => {
      const answer = await post(backend.app(), '/api/v1/orders', JSON.stringify(order));
      const { reason, violations } = await answer.json();
      return [answer.status, reason, violations];
    };
    expect(await send({ ...sample, payment: { ...sample.payment, amount: 1 } })).toEqual([
      422,
      'sums_mismatch',
      [
        {
          in: 'body',
          pointer: '/payment/amount',
          message: 'is 1, goods_total + delivery_cost + custom_fee is 1817',
        },
      ],
    ]);
    expect((await send({ ...sample, extra: 1 }))[1]).toBe('unknown_field');
    expect((await send({}))[1]).toBe('schema');
    expect((await send({ ...sample, locale: '\u0000' }))[1]).toBe('nul_character');
    expect((await send({ ...sample, locale: ' '.repeat(8_000) }))[1]).toBe('too_large');
    expect(await nameOf(post(backend.app(), '/api/v1/orders', '{'))).toEqual([400, 'bad-json']);
    expect(backend.sent).toEqual([]);
  });

  test('everything that is wrong is said at once: what the schema says, else what the rules say', async () => {
    const pointers = async (order: unknown) => {
      const answer = await post(new FakeBackend().app(), '/api/v1/orders', JSON.stringify(order));
      const { violations } = await answer.json();
      return violations.map((one: { pointer: string }) => one.pointer).sort();
    };
    const { entry: _, ...rest } = sample;
    const [item] = sample.items;
    expect(
      await pointers({
        ...rest,
        'a/b': 1,
        locale: 5,
        items: [{ ...item, price: 1.5 }, 7],
      }),
    ).toEqual(['/a~1b', '/entry', '/items/0/price', '/items/1', '/locale']);
    expect(
      await pointers({
        ...sample,
        locale: '\ud800',
        date_created: '2021-13-01T00:00:00Z',
        payment: { ...sample.payment, goods_total: 1, amount: 1 },
      }),
    ).toEqual(['/date_created', '/locale', '/payment/amount', '/payment/goods_total']);
  });

  test('Kafka down: 503 with Retry-After', async () => {
    const backend = new FakeBackend();
    backend.kafkaFailure = new AppError('kafka_unavailable', 'broker 10.0.0.1', { retryable: true });
    const answer = await post(backend.app(), '/api/v1/orders', JSON.stringify(sample));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    const text = await answer.text();
    expect(JSON.parse(text).type).toBe('/problems/order-unconfirmed');
    expect(text).not.toContain('10.0.0.1');
  });

  test('Kafka that takes no messages from this service: 503 that says so, and blames no order', async () => {
    const backend = new FakeBackend();
    backend.kafkaFailure = new AppError('kafka_refuses', 'INVALID_TIMESTAMP at 10.0.0.1');
    const answer = await post(backend.app(), '/api/v1/orders', JSON.stringify(sample));
    const text = await answer.text();
    expect([answer.status, JSON.parse(text).type]).toEqual([503, '/problems/kafka-refuses']);
    expect(text).toContain('The clock of');
    expect(text).not.toContain('10.0.0.1');
  });

  test('Prefer: wait answers by what became of the order', async () => {
    const backend = new FakeBackend();
    const send = async (wait = 'wait=1') => {
      const headers = { ...JSON_TYPE, prefer: wait };
      const answer = await post(backend.app(), '/api/v1/orders', JSON.stringify(sample), headers);
      const json = await answer.json();
      return [answer.status, json.status, answer.headers.get('preference-applied'), json.reason];
    };
    expect(await send()).toEqual([202, 'accepted', 'wait=0', undefined]);
    backend.arrival = 'stored';
    expect((await send())[0]).toBe(201);
    expect((await send())[1]).toBe('stored');
    expect(await send('respond-async')).toEqual([202, 'accepted', null, undefined]);
    backend.arrival = 'superseded';
    expect((await send()).slice(0, 2)).toEqual([201, 'superseded']);
    backend.arrival = 'rejected';
    expect(await send()).toEqual([422, 422, null, 'database_rejected']);
    backend.waitersFull = true;
    expect(await send()).toEqual([202, 'accepted', null, undefined]);
  });
});

test('the wait preference, alone or among others', () => {
  for (const header of ['wait=5', 'WAIT = 5', 'respond-async, wait=5', 'wait="5"', 'a="b", wait=5; x=1, wait=9'])
    expect(preferredWait(header)).toBe(5);
  for (const header of [undefined, '', 'wait', 'wait=', 'wait=-1', 'wait=1.5', 'await=5', 'wait=x', 'wait=99999999999'])
    expect(preferredWait(header)).toBeUndefined();
});
