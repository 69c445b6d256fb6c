import { describe, expect, test } from 'bun:test';
import { FakeBackend } from '../../../../test/helpers/app-under-test.ts';
import { fakeOperations } from '../../../../test/helpers/fake-operations.ts';
import { MessagesRejectedError } from '../../../kafka/send/message-sender.ts';
import { AppError } from '../../../lib/app-error.ts';

function setUp(failure?: AppError) {
  const operations = fakeOperations();
  if (failure !== undefined)
    operations.messageSender.send = async () => {
      throw failure;
    };
  const app = new FakeBackend().app({ operations });
  const post = async (path: string, body?: unknown) => {
    const json = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await app.request(`/api/v1/topics/${path}`, { method: 'POST', ...(body !== undefined && json) });
    return { status: response.status, json: await response.json() };
  };
  return { operations, post };
}

describe('a message of one’s own', () => {
  test('is sent as it is written: text, bytes, nothing, a header twice', async () => {
    const { operations, post } = setUp();
    const headers = [
      { name: 'h', value: { base64: '/w==' } },
      { name: 'h', value: null },
    ];
    const sent = await post('orders/messages', { key: '', value: { base64: '/wA=' }, headers, partition: 1 });
    expect(sent.json).toMatchObject({ topic: 'orders', dry_run: false, partition: 0, offset: 0, max_bytes: 1_000 });
    expect(sent.json.meaning).toMatchObject({ kind: 'other', reason: 'invalid_utf8' });
    await post('orders/messages', { value: null });
    const h = Buffer.from('h');
    expect(operations.sent).toEqual([
      {
        key: Buffer.alloc(0),
        value: Buffer.from([0xff, 0]),
        headers: {},
        carried: [
          [h, Buffer.from([0xff])],
          [h, null],
        ],
        partition: 1,
      },
      { key: null, value: null, headers: {}, carried: [] },
    ]);
  });

  test('is only looked at on a dry run, which names the partition of its key', async () => {
    const { operations, post } = setUp();
    const tried = await post('orders/messages', { key: 'a', value: '', dry_run: true });
    expect(tried.json).toMatchObject({ dry_run: true, partition: expect.any(Number), offset: null, bytes: 69 });
    expect((await post('orders/messages', { value: 'x', dry_run: true })).json.partition).toBeNull();
    expect(operations.sent).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['/partition', { value: '', partition: 2 }],
    ['/key/base64', { key: { base64: 'A' }, value: '' }],
    ['/value/base64', { value: { base64: 'not base64' } }],
    ['/headers/0/value/base64', { value: '', headers: [{ name: '', value: { base64: '=' } }] }],
    ['/value', { value: '\ud800' }],
    ['/value', {}],
  ])('is refused for what is wrong at %p', async (pointer, body) => {
    const { operations, post } = setUp();
    const { status, json } = await post('orders/messages', body);
    expect([status, json.violations[0].pointer]).toEqual([422, pointer]);
    expect(operations.sent).toEqual([]);
  });

  test.each<[string, number, AppError]>([
    ['message-unconfirmed', 503, new AppError('kafka_unavailable', 'late', { retryable: true })],
    ['message-too-large', 422, new MessagesRejectedError('no', new Map([[0, 'too_large']]), [])],
    ['kafka-rejected', 422, new MessagesRejectedError('no', new Map([[0, 'other']]), [])],
    ['kafka-refuses', 503, new MessagesRejectedError('no', new Map([[0, 'not_allowed']]), [])],
  ])('is answered with %s', async (name, status, failure) => {
    const { post } = setUp(failure);
    const answer = await post('orders/messages', { value: 'x' });
    expect([answer.status, answer.json.type]).toEqual([status, `/problems/${name}`]);
  });

  test('creates no topic', async () => {
    const { operations, post } = setUp();
    expect((await post('none/messages', { value: 'x' })).json.type).toBe('/problems/topic-not-found');
    expect(operations.sent).toEqual([]);
  });
});

test('a message is sent again with its very bytes, to its partition', async () => {
  const { operations, post } = setUp();
  expect((await post('orders/messages/1:7/send-again')).json).toMatchObject({ dry_run: false, offset: 0 });
  const carried = [[Buffer.from('h'), null]];
  expect(operations.sent).toEqual([
    { key: Buffer.from([0xff]), value: Buffer.from('{}'), headers: {}, carried, partition: 1 },
  ]);
  expect((await post('orders/messages/1:8/send-again')).json.type).toBe('/problems/message-not-found');
});
