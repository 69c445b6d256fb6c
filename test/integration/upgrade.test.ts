import { afterAll, expect, test } from 'bun:test';
import { SQL, type TransactionSQL } from 'bun';
import { Database } from '../../src/storage/postgresql/database.ts';
import { migrateUp, requireSchema } from '../../src/storage/postgresql/migrate.ts';
import { applyOnce, readMigrations } from '../../src/storage/postgresql/migration.ts';
import { OffsetStore, UNKNOWN_LINEAGE } from '../../src/storage/postgresql/offset-store.ts';
import { withStoredSnapshot } from '../../src/storage/postgresql/stored-snapshot.ts';
import { createDatabase, MIGRATIONS } from '../helpers/database.ts';
import { StoredOrders } from '../helpers/stored-orders.ts';
import { until } from '../helpers/until.ts';

const FILLED = 5_000;
const SCOPE = { group: 'g', topic: 't', topicId: 'id' };
const MIGRATED = readMigrations(MIGRATIONS);
const places: StoredOrders[] = [];
afterAll(() => Promise.all(places.map((place) => place.close())));

/** A database as the first `count` migrations have left it. */
async function migratedTo(count: number) {
  const database = await createDatabase();
  const sql = new SQL(database.url, { max: 2 });
  for (const migration of MIGRATED.slice(0, count)) await applyOnce({ sql, prelude: '' }, migration, () => {});
  await sql.close();
  return database;
}

/** What the consumers of a schema wrote with the offset, by the number of migrations they knew at least. */
const OFFSET_COLUMNS: readonly (readonly [number, string])[] = [
  [5, 'leader_epoch = 3'],
  [6, 'lineage_offset = next_offset + 1, epoch_start = 0, last_record_offset = next_offset, last_record_crc = 7'],
];

/** A consumer of an earlier version: it stores an order a transaction and changes the one before, until it is stopped. */
class EarlierConsumer {
  stored = 0;
  readonly #place: StoredOrders;
  readonly #known: number;
  readonly #sql: SQL;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(place: StoredOrders, known: number) {
    this.#place = place;
    this.#known = known;
    this.#sql = new SQL(place.url, { max: 1 });
  }

  start(): void {
    this.#running = this.#run();
    // Told by `stop`.
    this.#running.catch(() => {});
  }

  /** @throws what any of its statements threw */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.#sql.close();
  }

  async #run(): Promise<void> {
    await this.#sql`insert into consumer_offsets (group_id, topic, topic_id, partition, next_offset)
      values (${SCOPE.group}, ${SCOPE.topic}, ${SCOPE.topicId}, 0, 0)`;
    while (!this.#stopped) {
      await this.#sql.begin((tx) => this.#store(tx, this.stored));
      this.stored += 1;
    }
  }

  async #store(tx: TransactionSQL, at: number): Promise<void> {
    const columns = OFFSET_COLUMNS.flatMap(([since, set]) => (this.#known >= since ? [set] : []));
    const sets = ['next_offset = next_offset + 1', 'updated_at = now()', ...columns].join(', ');
    const moved = await tx.unsafe(`update consumer_offsets set ${sets} where partition = 0 and next_offset = ${at}`);
    expect(moved.count).toBe(1);
    const before = `c${at - 1}`;
    const known: unknown[] = await tx`select from orders where order_uid = ${before} for update`;
    if (known.length > 0) {
      if (this.#known >= 4)
        await tx`insert into pending_invalidations (id, order_uids) values (gen_random_uuid(), array[${before}])`;
      await tx`delete from order_items where order_uid = ${before}`;
      await tx`delete from orders where order_uid = ${before}`;
      await this.#place.add('c', at - 1, at, { locale: "'changed'" }, tx);
    }
    await this.#place.add('c', at, at + 1, {}, tx);
  }
}

test.each(MIGRATED.slice(1).map((_, at) => at + 1))(
  'a filled database with the first %d migrations is migrated while a consumer of that version goes on',
  async (count) => {
    const place = await StoredOrders.open(() => migratedTo(count));
    places.push(place);
    await place.add('filled', 0, FILLED);
    const consumer = new EarlierConsumer(place, count);
    consumer.start();
    await until(() => consumer.stored >= 5, 30_000);
    const options = { url: place.url, folder: MIGRATIONS, connectTimeoutMs: 5_000 };
    expect(await migrateUp(options)).toEqual(MIGRATED.slice(count).map(({ name }) => name));
    const { stored } = consumer;
    await until(() => consumer.stored >= stored + 5, 30_000);
    await consumer.stop();

    await requireSchema(options);
    const [counts] = await place.sql`select count(*)::int as orders,
      count(*) filter (where locale = 'changed')::int as changed,
      (select count(*)::int from order_items) as items from orders`;
    const orders = FILLED + consumer.stored;
    expect(counts).toEqual({ orders, items: orders, changed: consumer.stored - 1 });
    // Whoever reads on knows what the earlier version knew of the log, and takes nothing else for known.
    const offsets = await new OffsetStore(place.database).load(SCOPE, new Map([[0, 0]]));
    const { offset, lineage } = offsets.get(0) ?? {};
    expect(offset).toBe(consumer.stored);
    const sinceFingerprint = { leaderEpoch: 3, epochStart: 0, lastOffset: consumer.stored - 1, lastCrc: 7 };
    expect(lineage).toEqual(count < 6 ? UNKNOWN_LINEAGE : sinceFingerprint);
  },
  60_000,
);

test('a verification on an earlier schema says how to update it', async () => {
  const database = await migratedTo(7);
  const limits = { maxConnections: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 };
  const reading = new Database({ ...limits, url: database.url, applicationName: 'test' });
  await expect(withStoredSnapshot(reading, SCOPE, (stored) => stored.expiredUntil())).rejects.toThrow(
    'run test-service migrate up',
  );
  await reading.close();
  await database.drop();
});
