import { afterAll, expect, test } from 'bun:test';
import { GroupCatalog } from '../../src/kafka/admin/group-catalog.ts';
import { KeptAdmin } from '../../src/kafka/admin/kept-admin.ts';
import { TopicCatalog } from '../../src/kafka/admin/topic-catalog.ts';
import { MessageBrowser } from '../../src/kafka/read/message-browser.ts';
import { TransactionalProducer } from '../helpers/other-producers.ts';
import { messageOf, sampleOrders } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';
import { verifyReport } from '../helpers/verify-command.ts';
import type { WritePath } from '../helpers/write-path.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
  await paths.closeAll();
});

/** A topic whose partition 0 has one stored order, and twenty that wait behind a transaction in partition 0. */
async function behindTransaction(path: WritePath) {
  const { kafka } = path;
  const { topic } = path.place;
  const [first, ...others] = sampleOrders(21).map((order) => messageOf(order, { partition: 0 }));
  if (first === undefined) throw new Error('no order');
  await path.send([first]);
  const { consumer } = path.start();
  await path.drained();
  const producer = new TransactionalProducer(kafka, topic, `${topic}-holds`);
  closing.push(() => producer.close());
  const transaction = await producer.begin();
  await transaction.send(sampleOrders(1, 'inside').map((order) => messageOf(order, { partition: 0 })));
  await path.send(others);
  return { transaction, consumer };
}

test('what waits behind an open transaction is lag, pending, and no proof', async () => {
  const path = await paths.open({ partitions: 2 });
  const { kafka } = path;
  const { topic, group } = path.place;
  const { transaction } = await behindTransaction(path);
  const admin = new KeptAdmin(kafka, { clientId: 'test', timeoutMs: 5_000 });
  closing.push(() => admin.close());
  const topics = new TopicCatalog(admin);

  const detail = await topics.find(topic);
  expect(detail).toMatchObject({ messages: 22, pending: 21 });
  expect(detail.partitionDetails).toMatchObject([
    { start: 0, stableEnd: 1, end: 22 },
    { start: 0, stableEnd: 0, end: 0 },
  ]);
  const open = { partition: 0, firstOffset: 1, transactionalId: `${topic}-holds` };
  expect(detail.openTransactions).toMatchObject([open]);
  const startedAt = detail.openTransactions[0]?.startedAt ?? 0;
  expect(Math.abs(Date.now() - startedAt)).toBeLessThan(10 * 60_000);

  const found = await new GroupCatalog(admin, topics).find(group);
  expect(found?.partitions).toContainEqual(expect.objectContaining({ partition: 0, stableEnd: 1, end: 22 }));
  expect(found?.openTransactions).toMatchObject([open]);

  const browser = new MessageBrowser(kafka, { maxOrderBytes: 524_288, budgetMs: 10_000, now: Date.now });
  const page = await browser.list(topic, { limit: 50, maxValueBytes: 10 });
  expect(page).toMatchObject({ messages: [{ offset: 0 }], pending: 21, next: undefined });

  const { code, report, found: kinds } = await verifyReport(path.place);
  expect([code, kinds]).toEqual([1, { pending: 1 }]);
  expect(report.total).toMatchObject({ produced: 22, stored: 1, pending: 21, lost: 0 });
  expect(report.findings[0]?.listed[0]?.detail).toContain(`${topic}-holds (producer `);

  await transaction.abort();
  await path.drained();
  const after = await verifyReport(path.place, ['--wait', '40']);
  expect([after.code, after.found]).toEqual([0, {}]);
  expect(after.report.total).toMatchObject({ produced: 21, stored: 21, pending: 0 });
  await until(async () => (await topics.find(topic)).pending === 0);
});
