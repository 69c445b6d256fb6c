import { afterAll, expect, test } from 'bun:test';
import { retention } from '../../src/consumer/retention.ts';
import { Database } from '../../src/storage/postgresql/database.ts';
import { OrderExpiry, renewalAgeMs } from '../../src/storage/postgresql/order-expiry.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { messageOf, sampleOrders } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';
import { verifyReport } from '../helpers/verify-command.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const DAYS = 1;
const paths = new WritePaths();
const closings: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(closings.map((close) => close()));
  await paths.closeAll();
});

/** Starts what deletes the old orders of a database. @returns what it tells the cache, by and by */
function deleteOld(url: string): string[] {
  const limits = { maxConnections: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 };
  const database = new Database({ ...limits, url, applicationName: 'test' });
  const told: string[] = [];
  const deletion = retention({
    expiry: new OrderExpiry(database, { days: DAYS, noteChanges: true }),
    days: DAYS,
    onDeleted: (uids) => told.push(...uids),
    logger: silentLogger,
    everyMs: 50,
    batchOrders: 10,
  });
  closings.push(async () => {
    await deletion.close();
    await database.close();
  });
  deletion.start();
  return told;
}

test('old orders go with their items and wait for nobody; what is sent again stays or comes back', async () => {
  const path = await paths.open({ partitions: 2 });
  const { consumer } = path.start({ renewalAgeMs: renewalAgeMs(DAYS) });
  const [old, renewed, young] = [sampleOrders(45, 'old'), sampleOrders(3, 'renewed'), sampleOrders(5, 'young')];
  const all = [...old, ...renewed, ...young];
  const age = async (prefix: string, hours: number): Promise<void> => {
    await path.sql`update orders set stored_at = now() - make_interval(hours => ${hours}) where order_uid like ${`${prefix}%`}`;
  };
  await path.send(all.map((order) => messageOf(order)));
  await path.drained();
  await age('old', 25);
  await age('renewed', 23);
  await age('young', 11);

  // An identical order stores an old one anew and leaves a young one.
  await path.send([...renewed, ...young].map((order) => messageOf(order)));
  await path.drained();
  expect(consumer.status()).toMatchObject({ written: all.length + renewed.length, changed: renewed.length });
  await age('renewed', 1);

  // Somebody holds one of them: the others go, by either process, each of them once.
  const [held] = old;
  let told: string[][] = [];
  await path.sql.begin(async (tx) => {
    await tx`select from orders where order_uid = ${held?.order_uid} for update`;
    told = [deleteOld(path.place.databaseUrl), deleteOld(path.place.databaseUrl)];
    await until(() => told.flat().length === old.length - 1, 30_000);
  });
  await until(() => told.flat().length === old.length, 30_000);
  const uids = told.flat();
  expect(uids.toSorted()).toEqual(old.map((order) => order.order_uid).toSorted());
  expect(await path.differencesFrom([...renewed, ...young])).toEqual([]);
  const notes: { uids: string[] }[] = await path.sql`select order_uids as uids from pending_invalidations`;
  expect(notes.flatMap((note) => note.uids)).toEqual(expect.arrayContaining(uids));
  const [row] = await path.sql`select orders::int, days from order_expiry`;
  expect(row).toEqual({ orders: old.length, days: DAYS });

  // What the test has aged would be found.
  await path.sql`update orders set stored_at = (select max(updated_at) from consumer_offsets)`;
  const { code, found, report } = await verifyReport(path.place);
  expect([code, found]).toEqual([0, {}]);
  expect(report.total).toMatchObject({ produced: all.length + 8, stored: 8, identical: 8, expired: old.length });

  // An order that is sent again after its time is stored, for as long as any other.
  await path.send(old.slice(0, 3).map((order) => messageOf(order)));
  await path.drained();
  expect(await path.differencesFrom([...renewed, ...young, ...old.slice(0, 3)])).toEqual([]);
}, 120_000);
