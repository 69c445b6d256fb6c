import { heapStats } from 'bun:jsc';
import { afterAll, expect, test } from 'bun:test';
import { messageOf, sampleOrders } from '../helpers/sample-orders.ts';
import type { WritePath } from '../helpers/write-path.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
afterAll(() => paths.closeAll());

const ROUND = 3_000;

/** Sends a round of orders, new ones and some that are known, and waits until they are stored. */
async function round(path: WritePath, number: number): Promise<void> {
  const fresh = sampleOrders(ROUND, `order-${number}`);
  const known = sampleOrders(100, `order-${Math.max(0, number - 1)}`).map((order) => ({
    ...order,
    locale: 'changed',
  }));
  for (let at = 0; at < ROUND; at += 500) {
    await path.send(fresh.slice(at, at + 500).map((order) => messageOf(order)));
  }
  await path.send(known.map((order) => messageOf(order)));
  await path.drained(90_000);
}

/** Bytes that are still reachable: objects, and the buffers they hold. */
function heldBytes(): number {
  Bun.gc(true);
  return heapStats().heapSize + process.memoryUsage().arrayBuffers;
}

test('memory does not grow with the table', async () => {
  const path = await paths.open();
  path.start();
  for (let number = 0; number < 3; number += 1) await round(path, number);
  const before = heldBytes();
  for (let number = 3; number < 9; number += 1) await round(path, number);
  const grown = heldBytes() - before;
  const [row]: { n: number }[] = await path.sql`select count(*)::int as n from orders`;
  expect(row?.n).toBe(9 * ROUND);
  // Six rounds are 20 MB of messages.
  expect(grown).toBeLessThan(3_000_000);
});
