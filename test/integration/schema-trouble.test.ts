import { afterAll, describe, expect, test } from 'bun:test';
import { SQL } from 'bun';
import { migrateDown, migrateUp, migrationStatus, schemaState } from '../../src/storage/postgresql/migrate.ts';
import {
  createDatabase,
  createMigratedDatabase,
  databaseUrl,
  MIGRATIONS,
  type TestDatabase,
} from '../helpers/database.ts';
import { messageOf, sampleOrder, sampleOrders } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';
import type { WritePath } from '../helpers/write-path.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
const databases: TestDatabase[] = [];
afterAll(async () => {
  await paths.closeAll();
  await Promise.all(databases.map((database) => database.drop()));
});

const optionsOf = (url: string) => ({ url, folder: MIGRATIONS, connectTimeoutMs: 5_000 });

async function onDatabase(url: string, statements: string): Promise<void> {
  const sql = new SQL(url, { max: 1 });
  try {
    await sql.unsafe(statements).simple();
  } finally {
    await sql.close();
  }
}

/** A migrated database, changed by somebody. */
async function changed(statements: string): Promise<string> {
  const database = await createMigratedDatabase();
  databases.push(database);
  await onDatabase(database.url, statements);
  return database.url;
}

describe('a database that could store no order is refused at the start and at migration', () => {
  const CHANGES: Readonly<Record<string, readonly [string, RegExp]>> = {
    'a column that must have a value': [
      `alter table orders add column tenant text not null default ''; alter table orders alter tenant drop default`,
      /orders\.tenant requires a value .* default/,
    ],
    'a renamed column': ['alter table order_items rename brand to make', /order_items has no column brand/],
    'a table that is gone': ['drop table pending_invalidations', /pending_invalidations is missing/],
    'a dropped key': ['alter table orders drop constraint orders_pkey', /no unique key \(order_uid\)/],
    'a later migration': [
      `insert into schema_migrations (version) values ('9999')`,
      /migrated by a later version of this service \(9999\)/,
    ],
  };

  test.each(Object.entries(CHANGES))('%s', async (_, [statements, said]) => {
    const options = optionsOf(await changed(statements));
    await expect(migrateUp(options)).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringMatching(said),
    });
    expect(await schemaState(options)).toMatchObject({
      troubles: expect.arrayContaining([expect.stringMatching(said)]),
    });
  });

  test('a privilege that is missing', async () => {
    const url = new URL(await changed(''));
    const role = `role_${url.pathname.slice(1)}`;
    await onDatabase(
      url.href,
      `create role ${role} login password 'secret'; grant select, insert, update, delete on all tables in schema public to ${role};
      revoke delete on orders from ${role}; revoke all on order_expiry from ${role}`,
    );
    const limited = new URL(url);
    [limited.username, limited.password] = [role, 'secret'];
    await expect(migrateUp(optionsOf(limited.href))).rejects.toThrow('orders can’t be used: grant delete on it');
    expect((await schemaState(optionsOf(limited.href))).troubles).toHaveLength(1);
    const expiring = await schemaState({ ...optionsOf(limited.href), expires: true });
    expect(expiring.troubles).toContain('order_expiry can’t be used: grant select, update on it');
    await onDatabase(url.href, `drop owned by ${role}; drop role ${role}`);
  });

  test('no privilege to create the first table: it is not taken for an outage', async () => {
    const { name, url, drop } = await createDatabase();
    databases.push({ name, url, drop });
    const role = `role_${name}`;
    await onDatabase(url, `create role ${role} login password 'secret'`);
    const limited = new URL(url);
    [limited.username, limited.password] = [role, 'secret'];
    await expect(migrateUp(optionsOf(limited.href))).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('SQLSTATE 42501'),
    });
    await onDatabase(url, `drop owned by ${role}; drop role ${role}`);
  });

  test('an encoding that does not have every letter', async () => {
    const name = `latin_${crypto.randomUUID().replaceAll('-', '')}`;
    const url = databaseUrl(name);
    databases.push({ name, url, drop: () => onDatabase(databaseUrl('postgres'), `drop database ${name}`) });
    await onDatabase(
      databaseUrl('postgres'),
      `create database ${name} encoding 'LATIN1' locale_provider libc locale 'C' template template0`,
    );
    await expect(migrateUp(optionsOf(url))).rejects.toThrow(`${name} has the encoding LATIN1, and orders need UTF8`);
    expect((await schemaState(optionsOf(url))).troubles).toEqual([expect.stringContaining('LATIN1')]);
    expect((await migrationStatus(optionsOf(url))).some((one) => one.applied)).toBe(false);
  });
});

test('a database that a later version has migrated: the status says so, and nothing is taken back', async () => {
  const options = optionsOf(await changed(`insert into schema_migrations (version) values ('9999')`));
  expect((await migrationStatus(options)).at(-1)).toEqual({
    version: '9999',
    name: '9999',
    applied: true,
    known: false,
    compatible: false,
  });
  await expect(migrateDown(options)).rejects.toThrow('later version');
  expect((await migrationStatus(options)).every((one) => one.applied)).toBe(true);
});

describe('what would refuse every order is waited out, and is no fault of the orders', () => {
  /** Breaks the tables under a running consumer, sends orders, sees it wait, mends, and sees all of them stored. */
  async function waitsOut(path: WritePath, breakIt: string, mend: string): Promise<void> {
    const { consumer } = path.start({ retryMaxMs: 100 });
    const first = sampleOrder('before', 1);
    await path.send([messageOf(first)]);
    await path.drained();
    await path.sql.unsafe(breakIt).simple();
    const orders = sampleOrders(20);
    await path.send(orders.map((order) => messageOf(order)));
    await until(() => consumer.status().waiting, 20_000);
    await path.sql.unsafe(mend).simple();
    await path.drained();
    expect(await path.differencesFrom([first, ...orders])).toEqual([]);
    expect(await path.deadLetters()).toEqual([]);
    expect(consumer.status()).toMatchObject({ waiting: false, deadLettered: 0 });
  }

  test.each([
    [
      'a column without a value',
      `alter table orders add column tenant text not null default ''; alter table orders alter tenant drop default`,
      'alter table orders drop column tenant',
    ],
    [
      'a check that no order passes',
      `alter table orders add constraint never check (locale = 'xx') not valid`,
      'alter table orders drop constraint never',
    ],
    [
      'a trigger that refuses all',
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'closed'; end $$;
        create trigger refuse before insert on order_items for each row execute function refuse()`,
      'drop trigger refuse on order_items',
    ],
    [
      'a renamed column',
      'alter table order_items rename brand to make',
      'alter table order_items rename make to brand',
    ],
  ])('%s', async (_, breakIt, mend) => {
    await waitsOut(await paths.open({ partitions: 1 }), breakIt, mend);
  });
});

test('an order that only a unique index of the user’s refuses is a dead letter that names it, and holds nothing up', async () => {
  const path = await paths.open({ partitions: 1 });
  await path.sql`create unique index one_per_customer on orders (customer_id)`;
  const order = (uid: string, customer: string, entry = 'WBIL') =>
    sampleOrder(uid, 1, { customer_id: customer, entry });
  const sent = [
    order('a', 'ann'),
    order('b', 'bob'),
    order('c', 'ann'),
    order('d', 'dan'),
    // A later version of a known order is no duplicate of itself.
    order('b', 'bob', 'LATER'),
  ];
  path.start();
  for (const one of sent) {
    await path.send([messageOf(one)]);
    await path.drained();
  }
  expect(await path.differencesFrom(sent.filter(({ order_uid }) => order_uid !== 'c'))).toEqual([]);
  expect(await path.deadLetters()).toMatchObject([
    { key: 'c', reason: 'database_rejected', detail: expect.stringContaining('"one_per_customer"') },
  ]);
});
