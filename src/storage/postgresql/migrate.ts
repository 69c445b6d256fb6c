import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SQL } from 'bun';
import type { Umzug } from 'umzug';
import { formatAddress } from '../../lib/address.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { pause } from '../../lib/backoff.ts';
import { parsePostgresqlUrl } from '../../lib/connection-url.ts';
import { encodingTroubles, refuse, schemaTroubles } from './schema-check.ts';
import { DEFAULT_USER, openSessions } from './sessions.ts';
import { sqlState, toDatabaseError } from './sql-error.ts';

export interface MigrationStatus {
  readonly version: string;
  readonly name: string;
  readonly applied: boolean;
  /** False when a later version of this service applied it: this one has no file for it. */
  readonly known: boolean;
}

/** What stands between a database and the first order; all empty when nothing does. */
export interface SchemaState {
  /** Migrations to be applied. */
  readonly pending: readonly string[];
  /** Why orders can't be stored there: a sentence each, with what to do. */
  readonly troubles: readonly string[];
}

export interface MigrateOptions {
  readonly url: string;
  /** Folder of the SQL files, `NNNN_name.sql`. */
  readonly folder: string;
  readonly connectTimeoutMs: number;
  /** How long `migrateUp` waits for a server that does not answer yet, ms; 0. */
  readonly waitMs?: number;
  /** Called once when it has to wait. */
  readonly onWait?: () => void;
}

/** A file of the folder, split at its two markers. */
interface Migration {
  readonly version: string;
  readonly name: string;
  readonly up: string;
  readonly down: string;
}

/** Key of the advisory lock that every process takes before it migrates; nothing else here uses the number. */
const LOCK = 7_460_020_251;
/** Every server has it: sessions go there while the database is missing. */
const MAINTENANCE_DATABASE = 'postgres';
const DUPLICATE_DATABASE = '42P04';
const NO_SUCH_DATABASE = '3D000';
const UNDEFINED_TABLE = '42P01';
const UNIQUE_VIOLATION = '23505';
const STARTING_UP = '57P03';
/** The server ended the session: it shuts down, or was told to. */
const SESSION_ENDED = /^57P/;
const RETRY_MS = 500;

/**
 * Creates the database when it is missing and applies every pending migration, each in a transaction of its own.
 * Processes that do it at the same time take turns.
 * @returns the names of the migrations it applied.
 * @throws AppError `database_unavailable` (retryable); `migration_failed` when a migration fails, when a later version
 *   has migrated the database, and when no order could be stored in it.
 */
export async function migrateUp(options: MigrateOptions): Promise<string[]> {
  await createDatabase(options);
  return withLock(options, async (sql) => {
    refuse(await encodingTroubles(sql));
    const migrations = readMigrations(options.folder);
    const status = await statusIn(sql, migrations);
    refuse(laterTroubles(status));
    const applied = pendingIn(status).length === 0 ? [] : await (await umzug(sql, migrations)).up();
    refuse(await schemaTroubles(sql));
    return applied.map(({ name }) => name);
  });
}

/**
 * Takes the last applied migration back.
 * @returns its name, or undefined when none is applied.
 */
export async function migrateDown(options: MigrateOptions): Promise<string | undefined> {
  return withLock(options, async (sql) => {
    const migrations = readMigrations(options.folder);
    const status = await statusIn(sql, migrations);
    refuse(laterTroubles(status));
    if (!status.some(({ applied }) => applied)) return undefined;
    const [reverted] = await (await umzug(sql, migrations)).down();
    return reverted?.name;
  });
}

/** Every migration of the folder, and whether the database has it. A missing database has none. */
export async function migrationStatus(options: MigrateOptions): Promise<MigrationStatus[]> {
  const migrations = readMigrations(options.folder);
  try {
    return await withConnection(options, (sql) => statusIn(sql, migrations));
  } catch (error) {
    if (sqlState(error) === NO_SUCH_DATABASE) return statusOf(migrations, []);
    throw toDatabaseError(error, 'asking for migrations');
  }
}

/** What keeps the database from storing orders. A missing database only waits for its migrations. */
export async function schemaState(options: MigrateOptions): Promise<SchemaState> {
  const migrations = readMigrations(options.folder);
  try {
    return await withConnection(options, async (sql) => {
      const status = await statusIn(sql, migrations);
      const pending = pendingIn(status);
      const troubles = [...(await encodingTroubles(sql)), ...laterTroubles(status)];
      if (pending.length === 0) troubles.push(...(await schemaTroubles(sql)));
      return { pending, troubles };
    });
  } catch (error) {
    if (sqlState(error) === NO_SUCH_DATABASE) return { pending: pendingIn(statusOf(migrations, [])), troubles: [] };
    throw toDatabaseError(error, 'looking at the schema');
  }
}

async function createDatabase(options: MigrateOptions): Promise<void> {
  if (await databaseExists(options)) return;
  const { database, user } = parsePostgresqlUrl(options.url);
  const name = database || user || DEFAULT_USER;
  try {
    const make = async (sql: SQL): Promise<void> => {
      const [template]: { unicode: boolean }[] = await sql`
        select pg_encoding_to_char(encoding) = 'UTF8' as unicode from pg_database where datname = 'template1'`;
      // Of a cluster with another encoding: its locale may not fit UTF8, C always does.
      if (template?.unicode === true) await sql`create database ${sql(name)}`.simple();
      else await sql`create database ${sql(name)} encoding 'UTF8' locale 'C' template template0`.simple();
    };
    await withConnection(options, make, MAINTENANCE_DATABASE);
  } catch (error) {
    // Another process was faster; which of the two errors it is depends on how much faster.
    const state = sqlState(error);
    if (state !== DUPLICATE_DATABASE && state !== UNIQUE_VIOLATION) {
      throw toDatabaseError(error, `creating database ${name}`);
    }
  }
}

/** Whether the database is there, once the server answers. */
async function databaseExists(options: MigrateOptions): Promise<boolean> {
  const deadline = Date.now() + (options.waitMs ?? 0);
  for (let attempt = 0; ; attempt++) {
    try {
      await withConnection(options, (sql) => sql`select 1`.execute());
      return true;
    } catch (error) {
      const state = sqlState(error);
      if (state === NO_SUCH_DATABASE) return false;
      const notYet = state === undefined || state === STARTING_UP;
      if (!notYet || Date.now() >= deadline)
        throw toDatabaseError(error, `connecting to ${formatAddress(parsePostgresqlUrl(options.url).address)}`);
      if (attempt === 0) options.onWait?.();
      await pause(RETRY_MS);
    }
  }
}

async function withLock<T>(options: MigrateOptions, work: (sql: SQL) => Promise<T>): Promise<T> {
  try {
    return await withConnection(options, async (sql) => {
      await sql`select pg_advisory_lock(${LOCK})`;
      return await work(sql);
    });
  } catch (error) {
    // The library says which migration failed; its cause is what the server said.
    const state = error instanceof Error ? sqlState(error.cause) : undefined;
    if (state === undefined || SESSION_ENDED.test(state)) throw toDatabaseError(error, 'migrating');
    throw new AppError('migration_failed', `${messageOf(error)} (SQLSTATE ${state})`, { cause: error });
  }
}

/** A single session, closed afterwards; that also releases an advisory lock it holds. */
async function withConnection<T>(
  { url, connectTimeoutMs }: MigrateOptions,
  work: (sql: SQL) => Promise<T>,
  database?: string,
): Promise<T> {
  const settings = { application_name: 'test-service migrate' };
  const sql = openSessions({
    url,
    max: 1,
    connectTimeoutMs,
    settings,
    ...(database !== undefined && { database }),
  });
  try {
    return await work(sql);
  } finally {
    await sql.close({ timeout: 1 });
  }
}

/**
 * The migrations as the library runs them. It is loaded only here, where there is something to do: with it comes a
 * command line of its own, which takes a while to load.
 */
async function umzug(sql: SQL, migrations: readonly Migration[]): Promise<Umzug> {
  const { Umzug } = await import('umzug');
  // dbmate, which earlier versions used, made the same table.
  await sql`create table if not exists schema_migrations (version varchar(128) primary key)`.catch((error: unknown) => {
    throw new Error(`creating schema_migrations: ${messageOf(error)}`, { cause: error });
  });
  return new Umzug({
    logger: undefined,
    migrations: migrations.map(({ name, version, up, down }) => ({
      name,
      up: () =>
        sql.begin(async (tx) => {
          await tx.unsafe(up).simple();
          await tx`insert into schema_migrations (version) values (${version})`;
        }),
      down: () =>
        sql.begin(async (tx) => {
          await tx.unsafe(down).simple();
          await tx`delete from schema_migrations where version = ${version}`;
        }),
    })),
    storage: {
      executed: async () => (await statusIn(sql, migrations)).flatMap((one) => (one.applied ? one.name : [])),
      // The transaction above has done it already: a crash leaves both the change and its version, or neither.
      logMigration: () => Promise.resolve(),
      unlogMigration: () => Promise.resolve(),
    },
  });
}

async function statusIn(sql: SQL, migrations: readonly Migration[]): Promise<MigrationStatus[]> {
  try {
    const rows: { version: string }[] = await sql`select version from schema_migrations`;
    return statusOf(
      migrations,
      rows.map((row) => row.version),
    );
  } catch (error) {
    if (sqlState(error) === UNDEFINED_TABLE) return statusOf(migrations, []);
    throw error;
  }
}

function statusOf(migrations: readonly Migration[], applied: readonly string[]): MigrationStatus[] {
  const known = migrations.map(({ version, name }) => {
    return { version, name, applied: applied.includes(version), known: true };
  });
  const later = applied.filter((version) => known.every((one) => one.version !== version)).toSorted();
  return [...known, ...later.map((version) => ({ version, name: version, applied: true, known: false }))];
}

function pendingIn(status: readonly MigrationStatus[]): string[] {
  return status.filter((one) => !one.applied).map((one) => one.name);
}

function laterTroubles(status: readonly MigrationStatus[]): string[] {
  const later = status.filter((one) => !one.known).map((one) => one.version);
  if (later.length === 0) return [];
  return [
    `the database was migrated by a later version of this service (${later.join(', ')}): run that version, or take ` +
      'its migrations back with it',
  ];
}

/** @throws AppError `migration_failed` for a file without the two markers */
function readMigrations(folder: string): Migration[] {
  const files = readdirSync(folder).filter((file) => /^\d+_.*\.sql$/.test(file));
  return files.sort().map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const [, up, down] = /^-- migrate:up\n(.*)^-- migrate:down\n(.*)$/ms.exec(text) ?? [];
    if (up === undefined || down === undefined)
      throw new AppError('migration_failed', `${file} must have the lines -- migrate:up and -- migrate:down`);
    return { version: file.slice(0, file.indexOf('_')), name: file.replace(/\.sql$/, ''), up, down };
  });
}
