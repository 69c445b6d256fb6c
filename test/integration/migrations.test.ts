import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQL } from 'bun';
import {
  type MigrateOptions,
  migrateDown,
  migrateUp,
  migrationStatus,
  requireSchema,
} from '../../src/storage/postgresql/migrate.ts';
import { createDatabase, MIGRATIONS, type TestDatabase } from '../helpers/database.ts';
import { PgbouncerProcess } from '../helpers/pgbouncer-process.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const MODULE = join(import.meta.dirname, '../../src/storage/postgresql/migrate.ts');
const EXTRA = '9000_extra.sql';

let database: TestDatabase;
let sql: SQL;
let temp: ReturnType<typeof createTempDir>;
let options: MigrateOptions;

beforeEach(async () => {
  temp = createTempDir('test-migrations-');
  cpSync(MIGRATIONS, temp.path, { recursive: true });
  database = await createDatabase();
  sql = new SQL(database.url, { max: 1 });
  options = { url: database.url, folder: temp.path, connectTimeoutMs: 5_000 };
});

afterEach(async () => {
  await sql.close();
  await database.drop();
  temp.remove();
});

const children: Bun.Subprocess[] = [];
afterAll(() => children.forEach((child) => void child.kill('SIGKILL')));

/** Writes one more migration, which comes after all others. */
function addMigration(up: string, down = 'drop table extra;'): void {
  writeFileSync(join(temp.path, EXTRA), `-- migrate:up\n\n${up}\n\n-- migrate:down\n\n${down}\n`);
}

/** Another process that migrates. */
function startMigrating(): Bun.Subprocess {
  const script = `const { migrateUp } = await import(${JSON.stringify(MODULE)});
    await migrateUp(${JSON.stringify(options)});`;
  const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'ignore', stderr: 'inherit' });
  children.push(child);
  return child;
}

async function isThere(table: string): Promise<boolean> {
  const [row]: { there: boolean }[] = await sql`select to_regclass(${table}) is not null as there`;
  return row?.there === true;
}

async function pending(): Promise<string[]> {
  return (await migrationStatus(options)).filter(({ applied }) => !applied).map(({ name }) => name);
}

test('a database that dbmate has migrated goes on from where it is, and its table stays', async () => {
  await sql`create table public.schema_migrations (version character varying not null primary key)`;
  for (const name of ['0001_orders', '0002_dead_letter_redrives']) {
    const [up = ''] = readFileSync(join(temp.path, `${name}.sql`), 'utf8').split('-- migrate:down');
    await sql.unsafe(up).simple();
    await sql`insert into schema_migrations (version) values (${name.slice(0, 4)})`;
  }
  const expected = await pending();
  expect(expected[0]).toStartWith('0003_');
  expect(await migrateUp(options)).toEqual(expected);
  const versions: { version: string }[] = await sql`select version from schema_migrations order by version`;
  expect(versions.map(({ version }) => version)).toEqual(
    (await migrationStatus(options)).map(({ version }) => version),
  );
  expect(await migrateUp(options)).toEqual([]);
});

test('a migration that fails in the middle leaves nothing behind and keeps those before it', async () => {
  addMigration('create table extra (id integer); insert into extra values (1); select 1 / 0;');
  await expect(migrateUp(options)).rejects.toMatchObject({
    code: 'migration_failed',
    message: expect.stringMatching(/9000_extra.*division by zero.*22012/),
  });
  expect(await isThere('extra')).toBe(false);
  expect(await isThere('orders')).toBe(true);
  expect(await pending()).toEqual(['9000_extra']);

  addMigration('create table extra (id integer);', 'drop table extra; drop table never_made;');
  expect(await migrateUp(options)).toEqual(['9000_extra']);
  await expect(migrateDown(options)).rejects.toThrow('9000_extra');
  expect(await isThere('extra')).toBe(true);
  expect(await pending()).toEqual([]);
});

test('a process that is killed while it migrates leaves a database that the next one finishes', async () => {
  addMigration('create table extra (id integer); select pg_sleep(2);');
  const child = startMigrating();
  await until(async () => {
    const [row]: { sleeping: boolean }[] = await sql`
      select exists (select from pg_stat_activity
        where datname = current_database() and wait_event = 'PgSleep') as sleeping`;
    return row?.sleeping === true;
  }, 30_000);
  child.kill('SIGKILL');
  await child.exited;
  addMigration('create table extra (id integer);');
  expect(await migrateUp(options)).toEqual(['9000_extra']);
  expect(await pending()).toEqual([]);
}, 60_000);

test('processes that migrate at the same time apply each migration once', async () => {
  const expected = await pending();
  const applied = await Promise.all([migrateUp(options), migrateUp(options), migrateUp(options)]);
  expect(applied.flat().toSorted()).toEqual(expected);
  expect(await migrateUp(options)).toEqual([]);
});

describe('an index of a large table', () => {
  const INDEX = 'create index concurrently extra on orders (track_number);';
  const validity = async (): Promise<boolean | undefined> => {
    const [row]: { valid: boolean }[] = await sql`
      select indisvalid as valid from pg_index where indexrelid = to_regclass('extra')`;
    return row?.valid;
  };

  /** While `work` runs, a transaction has an old snapshot, for which an index that is built concurrently waits. */
  async function withOldSnapshot(work: () => Promise<void>): Promise<void> {
    const old = new SQL(database.url, { max: 1 });
    await old.begin('isolation level repeatable read', async (tx) => {
      await tx`select count(*) from orders`;
      await work();
    });
    await old.close();
  }

  beforeEach(async () => {
    await migrateUp(options);
    addMigration(INDEX, 'drop index extra;');
  });

  test('is built by one of several processes, while orders are written', async () => {
    let both: Promise<string[][]> | undefined;
    await withOldSnapshot(async () => {
      both = Promise.all([migrateUp(options), migrateUp(options)]);
      await until(async () => (await validity()) === false, 30_000);
      await sql`update orders set locale = locale`;
      expect(await pending()).toEqual(['9000_extra']);
    });
    expect((await both)?.flat()).toEqual(['9000_extra']);
    expect(await validity()).toBe(true);
    expect(await migrateDown(options)).toBe('9000_extra');
    expect(await validity()).toBeUndefined();
  }, 60_000);

  test('that a killed process has left half-built is built anew', async () => {
    let again: Promise<string[]> | undefined;
    await withOldSnapshot(async () => {
      const child = startMigrating();
      await until(async () => (await validity()) === false, 30_000);
      child.kill('SIGKILL');
      await child.exited;
      // What is left of it is its session, and then the invalid index.
      await sql`select pg_cancel_backend(pid) from pg_stat_activity where query like 'create index concurrently extra%'`;
      again = migrateUp(options);
    });
    expect(await again).toEqual(['9000_extra']);
    expect(await validity()).toBe(true);
  }, 60_000);

  test('that is partitioned is built in the transaction', async () => {
    await sql.unsafe('drop table orders; create table orders (track_number text) partition by hash (track_number)');
    await expect(migrateUp(options)).rejects.toThrow('orders has no column order_uid');
    expect(await validity()).toBe(true);
    expect(await pending()).toEqual([]);
  });
});

test('an earlier version goes on with a later migration that says so, and takes nothing back', async () => {
  addMigration('-- migrate:compatible-since 0007\ncreate table extra (id integer);');
  expect((await migrateUp(options)).at(-1)).toBe('9000_extra');
  rmSync(join(temp.path, EXTRA));
  expect(await migrateUp(options)).toEqual([]);
  await requireSchema(options);
  expect((await migrationStatus(options)).at(-1)).toMatchObject({ version: '9000', known: false, compatible: true });
  await expect(migrateDown(options)).rejects.toThrow('later version');

  // Two versions back.
  await sql`update schema_migrations set compatible_since = '8999' where version = '9000'`;
  await expect(migrateUp(options)).rejects.toThrow('later version of this service (9000)');
});

test('a process that leaves migrations to others names what is pending, and changes nothing', async () => {
  await expect(requireSchema(options)).rejects.toMatchObject({
    code: 'migration_failed',
    message: expect.stringMatching(/it lacks 0001_orders, .*run test-service migrate up/),
  });
  expect(await isThere('orders')).toBe(false);
  await migrateUp(options);
  await requireSchema(options);
  await sql`alter table orders rename locale to language`;
  await expect(requireSchema(options)).rejects.toThrow('orders has no column locale');
});

test('a time limit of the database’s statements is none of the migrations, also by way of a pooler', async () => {
  await sql.unsafe(`alter database ${database.name} set statement_timeout = '500ms'`);
  addMigration('create table extra (id integer); select pg_sleep(1);');
  expect((await migrateUp(options)).at(-1)).toBe('9000_extra');
  expect(await migrateDown(options)).toBe('9000_extra');
  const bouncer = await PgbouncerProcess.inFrontOf(database.url);
  const pooled = { ...options, url: bouncer.urlOf(database.url), prepare: false };
  try {
    expect(await migrateUp(pooled)).toEqual(['9000_extra']);
    expect(await migrateDown(pooled)).toBe('9000_extra');
    // An index that is built while others write is outside any transaction, and cut off there.
    await sql.unsafe(`create table slow (id integer); insert into slow values (1);
      create function slowly(integer) returns integer language plpgsql immutable as
        $$ begin perform pg_sleep(1); return $1; end $$`);
    addMigration('create index concurrently extra on slow (slowly(id));', 'drop index extra;');
    await expect(migrateUp(pooled)).rejects.toThrow(
      /migration 9000_extra failed: .*57014.*with a postgresql\.url that leads past the pooler/,
    );
  } finally {
    await bouncer.close();
  }
  expect(await migrateUp(options)).toEqual(['9000_extra']);
});

test('a file without both markers is refused before anything is applied', async () => {
  writeFileSync(join(temp.path, EXTRA), 'create table extra (id integer);\n');
  await expect(migrateUp(options)).rejects.toThrow(`${EXTRA} must have the lines`);
  expect(await isThere('orders')).toBe(false);
});
