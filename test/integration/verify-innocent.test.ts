import { afterAll, expect, test } from 'bun:test';
import { withAdmin } from '../../src/kafka/admin/topics.ts';
import { TransactionalProducer } from '../helpers/other-producers.ts';
import { messageOf, rawMessage, sampleOrder } from '../helpers/sample-orders.ts';
import { verifyReport } from '../helpers/verify-command.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
afterAll(() => paths.closeAll());

test('a letter that was cut at its topic’s limit keeps its headers and is explained; letters that retention took are not missing', async () => {
  const path = await paths.open({ partitions: 1, deadLetterConfigs: { 'max.message.bytes': '90000' } });
  const { deadLetterTopic } = path.place;
  await path.send([{ ...rawMessage(Buffer.alloc(200_000, 0x7b), 'big'), headers: { trace: '7' } }]);
  path.start();
  await path.drained();
  await path.send([rawMessage('{', 'small')]);
  await path.drained();
  const [big] = await path.deadLetters();
  expect([big?.value?.length, big?.headers.get('trace'), big?.headers.get('dl-truncated')]).toEqual([
    65_536,
    '7',
    '200000',
  ]);
  const { code, report, found } = await verifyReport(path.place);
  expect([code, report.ok, found]).toEqual([0, true, { cut_dead_letter: 1 }]);
  expect(report.findings[0]?.listed[0]).toMatchObject({ partition: 0, offset: 0 });

  await withAdmin(path.kafka, (admin) =>
    admin.deleteRecords({ topics: [{ name: deadLetterTopic, partitions: [{ partition: 0, offset: 1n }] }] }),
  );
  const after = await verifyReport(path.place);
  expect([after.code, after.found]).toEqual([0, {}]);
  expect(after.report.deadLetters).toMatchObject({ read: 1, expired: 1 });
});

test('an order whose message compaction has removed is no phantom', async () => {
  const path = await paths.open({ partitions: 1, configs: { 'cleanup.policy': 'compact' } });
  const { kafka } = path;
  const { topic } = path.place;
  await path.send([messageOf(sampleOrder('a'))]);
  // An aborted message leaves an offset without one, as compaction does.
  const producer = new TransactionalProducer(kafka, topic, `${topic}-gap`);
  const transaction = await producer.begin();
  await transaction.send([messageOf(sampleOrder('b'))]);
  await transaction.abort();
  await producer.close();
  await path.send([messageOf(sampleOrder('a'))]);
  path.start();
  await path.drained();
  await path.sql`update orders set source_offset = 1 where order_uid = 'a'`;
  const { code, report, found } = await verifyReport(path.place);
  expect([code, found]).toEqual([0, {}]);
  expect(report).toMatchObject({ compactedOrders: 1, total: { identical: 2 } });
});
