import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { TransactionSQL } from 'bun';
import type { Order } from '../../src/order/order.ts';
import { Database } from '../../src/storage/postgresql/database.ts';
import { OrderWriter } from '../../src/storage/postgresql/order-writer.ts';
import { createMigratedDatabase, type TestDatabase } from '../helpers/database.ts';
import { sampleOrder, sampleOrders } from '../helpers/sample-orders.ts';

/** Counts the transactions that PostgreSQL ended with an error. */
class CountingDatabase extends Database {
  failed = 0;

  override async transaction<T>(deadlineMs: number, work: (tx: TransactionSQL) => Promise<T>): Promise<T> {
    try {
      return await super.transaction(deadlineMs, work);
    } catch (error) {
      this.failed += 1;
      throw error;
    }
  }
}

let place: TestDatabase;
let database: CountingDatabase;

beforeAll(async () => {
  place = await createMigratedDatabase();
  const limits = { maxConnections: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 };
  database = new CountingDatabase({ ...limits, url: place.url, applicationName: 'test' });
});

afterAll(async () => {
  await database.close();
  await place.drop();
});

test('orders that come again and again do not make PostgreSQL log an error for each of them', async () => {
  const settings = { group: 'g', topic: 't', transactionTimeoutMs: 30_000, noteChanges: false };
  const writer = new OrderWriter(database, settings);
  const write = (orders: readonly Order[]) =>
    writer.write({
      topicId: '',
      moves: [],
      *slices(rows) {
        for (const order of orders) rows.addOrder(order, false, 0, 0, 0);
        yield;
      },
      beforeCommit: async () => {},
    });
  const orders = sampleOrders(300);
  for (const [at, order] of orders.entries()) {
    await write([order]);
    // Every fifth one lives on.
    if (at % 5 === 4) await write([{ ...order, locale: 'later' }]);
  }
  // One of the first, and as often again as the calm between two changes lasts longer than was thought: never here.
  expect(database.failed).toBeLessThanOrEqual(2);
  const failed = database.failed;
  // In a long stream of new ones the fast way is tried again, and one known order in it costs one error.
  for (let round = 0; round < 10; round++) await write(sampleOrders(200));
  await write([sampleOrder('new'), orders[0] ?? sampleOrder('none')]);
  expect(database.failed).toBe(failed + 1);
  const [row] = await database.query('asking', (sql) => sql`select count(*)::int as orders from orders`);
  expect(row.orders).toBe(300 + 2_000 + 1);
});

test('a local PostgreSQL does not log what its clients are told', async () => {
  const [row] = await database.query('asking', (sql) => sql`show log_min_messages`);
  expect(row.log_min_messages).toBe('log');
});
