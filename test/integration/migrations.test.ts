import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQL } from 'bun';
import { type MigrateOptions, migrateDown, migrateUp, migrationStatus } from '../../src/storage/postgresql/migrate.ts';
import { createDatabase, MIGRATIONS, type TestDatabase } from '../helpers/database.ts';
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
  const script = `const { migrateUp } = await import(${JSON.stringify(MODULE)});
    await migrateUp(${JSON.stringify(options)});`;
  const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'ignore', stderr: 'inherit' });
  children.push(child);
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
  expect(applied.flat()).toEqual(expected);
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
});

test('a file without both markers is refused before anything is applied', async () => {
  writeFileSync(join(temp.path, EXTRA), 'create table extra (id integer);\n');
  await expect(migrateUp(options)).rejects.toThrow(`${EXTRA} must have the lines`);
  expect(await isThere('orders')).toBe(false);
});
