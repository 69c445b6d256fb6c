import { afterAll, expect, test } from 'bun:test';
import { consumeUntilKilled } from '../helpers/consumer-process.ts';
import { KILL_POINTS, type KillPoint } from '../helpers/kill-points.ts';
import { messageOf, rawMessage, sampleOrder, sampleOrders } from '../helpers/sample-orders.ts';
import { WritePath } from '../helpers/write-path.ts';

const open: WritePath[] = [];

afterAll(async () => {
  await Promise.all(open.map((path) => path.close()));
});

/** Killed at the point twice, each time by a process that finds what the last one left, then let be. */
async function killAndGoOn(at: KillPoint): Promise<void> {
  const path = await WritePath.open();
  open.push(path);
  const orders = sampleOrders(1200);
  const changed = orders.slice(0, 40).map(({ order_uid }) => sampleOrder(order_uid, 1, { locale: 'changed' }));
  const bad = Array.from({ length: 5 }, (_, index) => rawMessage('not an order', `bad-${index}`));
  await path.send(orders.slice(0, 600).map((order) => messageOf(order)));
  const positions = await path.send(bad);
  await path.send([...changed, ...orders.slice(600)].map((order) => messageOf(order)));

  expect(await consumeUntilKilled(path.place, at)).toBe('SIGKILL');
  expect(await consumeUntilKilled(path.place, at)).toBe('SIGKILL');
  path.start();
  await path.drained();

  expect(await path.differencesFrom([...orders, ...changed])).toEqual([]);
  const letters = await path.deadLetters();
  const sources = positions.map(({ partition, offset }) => `${partition}/${offset}`);
  expect(new Set(letters.map((letter) => letter.source))).toEqual(new Set(sources));
  expect(letters.map((letter) => letter.reason)).toEqual(letters.map(() => 'not_json'));
  await path.close();
}

// At the same time: each waits for the group to notice that its members are gone.
for (const at of KILL_POINTS) {
  test.concurrent(`kill -9 ${at}: every order is stored once, no bad message is lost`, () => killAndGoOn(at), 240_000);
}
