import { afterAll, expect, test } from 'bun:test';
import { withAdmin } from '../../src/kafka/admin/topics.ts';
import { messageOf, rawMessage, sampleOrders } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
afterAll(() => paths.closeAll());

test('two services of one group over two topics, whichever leads: each stores all of its own topic', async () => {
  const [first, second] = [await paths.open({ partitions: 4 }), await paths.open({ partitions: 4 })];
  const { group } = first.place;
  const orders = [sampleOrders(200, 'first'), sampleOrders(200, 'second')];
  const send = async (from: number, to: number) => {
    for (const [at, path] of [first, second].entries()) {
      const some = orders[at]?.slice(from, to) ?? [];
      await path.send(some.map((order, index) => messageOf(order, { partition: index % 4 })));
    }
  };
  const drained = () => Promise.all([first.drained(), second.drained()]);
  const one = first.start();
  await until(() => one.consumer.status().partitions.length === 4, 60_000);
  const two = second.start({}, {}, { group });
  await send(0, 100);
  await drained();
  expect([one, two].map(({ consumer }) => consumer.status().partitions)).toEqual([
    [0, 1, 2, 3],
    [0, 1, 2, 3],
  ]);
  // The leader leaves: the other one leads now, also over the one that comes back.
  await one.close();
  const again = first.start();
  await send(100, 200);
  await drained();
  await until(() => again.consumer.status().partitions.length === 4, 60_000);
  expect(two.consumer.status().partitions).toEqual([0, 1, 2, 3]);
  expect(await first.differencesFrom(orders[0] ?? [])).toEqual([]);
  expect(await second.differencesFrom(orders[1] ?? [])).toEqual([]);
}, 120_000);

test('a leader that deals out its own topic to everybody: refused with a sentence, until it is gone', async () => {
  const [ours, theirs] = [await paths.open({ partitions: 2 }), await paths.open({ partitions: 4 })];
  const { group } = ours.place;
  // The client's own assignor does that.
  const other = ours.kafka.consumer({
    clientId: 'other',
    groupId: group,
    sessionTimeout: 6_000,
    rebalanceTimeout: 6_000,
    heartbeatInterval: 500,
  });
  other.topics.track(theirs.place.topic);
  try {
    await other.joinGroup({});
    const reasons: string[] = [];
    const { consumer } = ours.start(
      {},
      {
        log: (log) => {
          const start = log.start.bind(log);
          log.start = (onAssignment, onLost) =>
            start(onAssignment, (reason) => {
              reasons.push(reason);
              onLost(reason);
            });
          return log;
        },
      },
    );
    await until(() => reasons.length > 0, 60_000);
    expect(reasons[0]).toContain('kafka.group');
    await ours.send([rawMessage('late')]);
    await other.leaveGroup(true);
    await until(() => consumer.status().partitions.length === 2, 60_000);
    await ours.drained();
  } finally {
    await other.close(true);
    await withAdmin(ours.kafka, (admin) => admin.deleteGroups({ groups: [group] })).catch(() => {});
  }
}, 120_000);
