import { afterAll, beforeAll, expect, test } from 'bun:test';
import { withAdmin } from '../../src/kafka/admin/topics.ts';
import { MessageBrowser } from '../../src/kafka/read/message-browser.ts';
import { partitionOfKey } from '../../src/kafka/send/partitioner.ts';
import type { Order } from '../../src/order/order.ts';
import type { Database } from '../../src/storage/postgresql/database.ts';
import { PostgresOrderTrails } from '../../src/storage/postgresql/order-trail.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { fakeOperations } from '../helpers/fake-operations.ts';
import { openDatabase } from '../helpers/read-side.ts';
import { messageOf, rawMessage, sampleOrder } from '../helpers/sample-orders.ts';
import { WritePath } from '../helpers/write-path.ts';

const UID = 'history-1';
let path: WritePath;
let database: Database;
let app: ReturnType<FakeBackend['app']>;

const inState = (uid: string, status: number): Order => {
  const order = sampleOrder(uid);
  return { ...order, items: order.items.map((item) => ({ ...item, status })) };
};
const historyOf = async (uid: string, query = '') => {
  const answer = await app.request(`/api/v1/orders/${uid}/history${query}`);
  expect(answer.status).toBe(200);
  return answer.json();
};

beforeAll(async () => {
  path = await WritePath.open();
  database = openDatabase(path.place.databaseUrl);
  const operations = fakeOperations();
  app = new FakeBackend().app({
    trails: new PostgresOrderTrails(database),
    operations: {
      ...operations,
      ownGroup: { ...operations.ownGroup, topic: path.place.topic },
      messages: new MessageBrowser(path.kafka, { maxOrderBytes: 524_288, budgetMs: 10_000, now: Date.now }),
    },
  });
  for (const message of [
    messageOf(inState(UID, 100)),
    messageOf(sampleOrder('history-2')),
    messageOf(inState(UID, 200)),
    messageOf(inState(UID, 200)),
    rawMessage('{"order_uid":', UID),
    messageOf(inState(UID, 204)),
    rawMessage(null, 'rejected-only'),
    messageOf(sampleOrder('no-key'), { key: null }),
  ])
    await path.send([message]);
  path.start();
  await path.drained();
});

afterAll(async () => {
  await database.close();
  await path.close();
});

test('an order’s versions, with what was sent again, what was rejected, and what is stored', async () => {
  const history = await historyOf(UID);
  expect(history.versions).toMatchObject([
    { kind: 'first', state: 'placed', current: false },
    { kind: 'changed', state: 'paid', changes: [{ pointer: '/items/0/status', from: 100, to: 200 }], current: false },
    { kind: 'same', state: 'paid', current: false },
    { kind: 'rejected', reason: 'not_json', current: false },
    {
      kind: 'changed',
      state: 'delivered',
      changes: [{ pointer: '/items/0/status', from: 200, to: 204 }],
      current: true,
    },
  ]);
  const partition = partitionOfKey(Buffer.from(UID), path.partitions);
  expect(history).toMatchObject({ topic: path.place.topic, key: UID, partitions: 3, stopped: null });
  expect(history.current).toEqual({ partition, offset: history.versions.at(-1).offset });
  expect(history.searched).toMatchObject([{ partition, from: 0, log_start: 0, to: history.searched[0].log_end }]);
  expect((await historyOf(UID, '?thorough=true')).searched).toHaveLength(3);
});

test('an order without a key, one that was only rejected, and one that nobody sent', async () => {
  expect(await historyOf('no-key')).toMatchObject({ key: null, versions: [{ kind: 'first', current: true }] });
  expect(await historyOf('rejected-only')).toMatchObject({
    current: null,
    versions: [{ kind: 'rejected', reason: 'tombstone' }],
  });
  expect(await historyOf('absent')).toMatchObject({ current: null, versions: [], stopped: null });
});

test('what retention has deleted is not there, and the answer says where the log begins', async () => {
  const { current } = await historyOf(UID);
  await withAdmin(path.kafka, (admin) =>
    admin.deleteRecords({
      topics: [
        {
          name: path.place.topic,
          partitions: [{ partition: current.partition, offset: BigInt(current.offset) }],
        },
      ],
    }),
  );
  const history = await historyOf(UID);
  expect(history.versions).toMatchObject([{ kind: 'first', state: 'delivered', current: true }]);
  expect(history.searched).toMatchObject([{ from: current.offset, log_start: current.offset }]);
});
