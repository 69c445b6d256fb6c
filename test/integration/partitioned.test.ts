import { afterAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQL } from 'bun';
import { Database } from '../../src/storage/postgresql/database.ts';
import { requireSchema } from '../../src/storage/postgresql/migrate.ts';
import { OrderExpiry } from '../../src/storage/postgresql/order-expiry.ts';
import { PostgresOrderListing } from '../../src/storage/postgresql/order-listing.ts';
import { MIGRATIONS } from '../helpers/database.ts';
import { messageOf, sampleOrders } from '../helpers/sample-orders.ts';
import { verifyReport } from '../helpers/verify-command.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const DOCUMENT = join(import.meta.dirname, '../../docs/operations.md');
const paths = new WritePaths();
afterAll(() => paths.closeAll());

/** The conversion as it is documented. */
function conversion(): string {
  const [, script] = /## Partitioned tables\n[\s\S]*?```sql\n([\s\S]*?)```/.exec(readFileSync(DOCUMENT, 'utf8')) ?? [];
  if (script === undefined) throw new Error('the document has no conversion');
  return script;
}

const byRange = (script: string): string =>
  script
    .replaceAll('partition by hash', 'partition by range')
    .replaceAll('with (modulus 2, remainder 0)', "from (minvalue) to ('m')")
    .replaceAll('with (modulus 2, remainder 1)', "from ('m') to (maxvalue)");
const FOREIGN_KEY = 'alter table order_items add foreign key (order_uid) references orders';

test.each([
  ['by hash', conversion()],
  ['by range, with a foreign key', `${byRange(conversion())}${FOREIGN_KEY}`],
])(
  'tables partitioned %s: storing, changes, lists, deletion for age and proof',
  async (_, script) => {
    const path = await paths.open({ partitions: 2 });
    const { url, options } = { url: path.place.databaseUrl, options: { folder: MIGRATIONS, connectTimeoutMs: 5_000 } };
    const before = [...sampleOrders(20, 'a'), ...sampleOrders(20, 'z')];
    const first = path.start();
    await path.send(before.map((order) => messageOf(order)));
    await path.drained();
    await first.close();

    const sql = new SQL(url, { max: 1 });
    await sql.unsafe(script).simple();
    await sql.close();
    await requireSchema({ ...options, url });
    const { consumer } = path.start();
    const changed = before.slice(10, 30).map((order) => ({ ...order, locale: 'later' }));
    const after = [...sampleOrders(20, 'b'), ...sampleOrders(20, 'y')];
    await path.send([...before.slice(0, 5), ...changed, ...after].map((order) => messageOf(order)));
    await path.drained();
    const all = [...before, ...changed, ...after];
    expect(await path.differencesFrom(all)).toEqual([]);
    expect(await path.deadLetters()).toEqual([]);
    expect(consumer.status().changed).toBe(changed.length);
    const sizes: { size: number }[] = await path.sql`select count(*)::int as size from orders group by tableoid`;
    expect(sizes).toHaveLength(2);

    const limits = { maxConnections: 2, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 };
    const database = new Database({ ...limits, url, applicationName: 'test' });
    const { orders } = await new PostgresOrderListing(database).summaries({ filter: {}, order: 'newest', limit: 100 });
    expect(orders).toHaveLength(80);
    const verified = await verifyReport(path.place);
    expect([verified.code, verified.found]).toEqual([0, {}]);

    await path.sql`update orders set stored_at = now() - interval '2 days' where order_uid like 'a-%' or order_uid like 'z-%'`;
    const expiry = new OrderExpiry(database, { days: 1, noteChanges: true });
    await expiry.begin();
    expect((await expiry.deleteOldest(30)).orderUids).toHaveLength(30);
    expect((await expiry.deleteOldest(30)).orderUids).toHaveLength(10);
    await database.close();
    expect(await path.differencesFrom(after)).toEqual([]);
  },
  120_000,
);
