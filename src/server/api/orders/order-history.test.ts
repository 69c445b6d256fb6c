import { expect, test } from 'bun:test';
import { FakeBackend } from '../../../../test/helpers/app-under-test.ts';
import { fakeOperations } from '../../../../test/helpers/fake-operations.ts';
import { sampleOrder } from '../../../../test/helpers/sample-orders.ts';
import type { BrowsedMessage } from '../../../kafka/read/message-browser.ts';
import type { Order } from '../../../order/order.ts';

const AT = Date.parse('2026-01-15T12:00:00Z');

function message(partition: number, offset: number, value: Order | string, producedAt = AT): BrowsedMessage {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return {
    partition,
    offset,
    timestamp: AT,
    key: Buffer.from('o1'),
    headers: [[Buffer.from('produced-at'), Buffer.from(String(producedAt))]],
    value: bytes,
    valueBytes: bytes.length,
    cut: false,
    meaning: { kind: 'other', reason: '', detail: '' },
  };
}

async function historyOf(found: readonly BrowsedMessage[], policy: string | null = 'delete') {
  const operations = fakeOperations();
  const searched = [{ partition: 0, from: 2, to: 9, log: { start: 1, end: 9 } }];
  const topics = {
    ...operations.topics,
    find: async (name: string) => {
      const settings = [{ name: 'cleanup.policy', value: policy, source: 'topic' as const }];
      return { ...(await operations.topics.find(name)), settings };
    },
  };
  const app = new FakeBackend().app({
    trails: {
      find: async () => ({
        topic: 'orders',
        partition: 0,
        offset: 3,
        createdAt: '2026-01-15T12:00:00Z',
        producedAt: '2026-01-15T12:00:00Z',
        beganAt: '2026-01-15T12:00:00Z',
        committedAt: undefined,
      }),
    },
    operations: {
      ...operations,
      topics,
      messages: {
        ...operations.messages,
        ofOrder: async () => ({ found, key: Buffer.from('o1'), searched, stopped: 'time', partitions: 2 }),
      },
    },
  });
  const answer = await app.request('/api/v1/orders/o1/history');
  expect(answer.status).toBe(200);
  return answer.json();
}

const placed = sampleOrder('o1', 2);
const paid: Order = { ...placed, items: placed.items.map((item) => ({ ...item, status: 200 })) };

test('what each version changed, what was sent again and what was rejected', async () => {
  const history = await historyOf(
    [
      message(0, 2, placed),
      message(0, 3, paid),
      message(0, 4, paid),
      message(0, 5, '{'),
      message(0, 6, placed),
      message(0, 7, sampleOrder('another')),
    ],
    'delete,compact',
  );
  expect(history).toMatchObject({
    order_uid: 'o1',
    topic: 'orders',
    key: 'o1',
    current: { partition: 0, offset: 3 },
    searched: [{ partition: 0, from: 2, to: 9, log_start: 1, log_end: 9 }],
    partitions: 2,
    stopped: 'time',
    compacted: true,
  });
  const changes = [0, 1].map((at) => ({ pointer: `/items/${at}/status`, from: 202, to: 200 }));
  expect(history.versions).toMatchObject([
    { offset: 2, kind: 'first', state: 'handed_over', current: false },
    { offset: 3, kind: 'changed', state: 'paid', current: true, changes },
    { offset: 4, kind: 'same', state: 'paid', current: false },
    { offset: 5, kind: 'rejected', reason: 'not_json' },
    { offset: 6, kind: 'changed', state: 'handed_over' },
  ]);
});

test('versions of several partitions by their time, those of one partition in the order of its log', async () => {
  const { versions } = await historyOf([
    message(0, 3, placed, AT + 5),
    message(0, 4, paid, AT + 1),
    message(1, 8, placed, AT + 3),
    message(1, 9, paid, AT + 7),
  ]);
  const places = versions.map(({ partition, offset }: { partition: number; offset: number }) => [partition, offset]);
  expect(places).toEqual([
    [1, 8],
    [0, 3],
    [0, 4],
    [1, 9],
  ]);
});

test('a message that was dated too far ahead then stays rejected', async () => {
  const early: Order = { ...placed, date_created: '2026-01-18T00:00:00Z' };
  const { versions } = await historyOf([message(0, 2, early)]);
  expect(versions).toMatchObject([{ kind: 'rejected', reason: 'future_date' }]);
});

test('of many changes the first ones are told, and how many more there are', async () => {
  const many = sampleOrder('o1', 20);
  const other: Order = { ...many, items: many.items.map((item) => ({ ...item, status: 1, brand: 'x', size: 'x' })) };
  const { versions, compacted } = await historyOf([message(0, 2, many), message(0, 3, other)], null);
  expect(versions[1].changes).toHaveLength(50);
  expect(versions[1]).toMatchObject({ changes_left_out: 10, state: 'other' });
  expect(compacted).toBeNull();
});
