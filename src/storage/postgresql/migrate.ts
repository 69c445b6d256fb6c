import { readdirSync } from 'node:fs';
import type { SQL } from 'bun';
import { resolveBinary } from 'dbmate';
import { formatAddress } from '../../lib/address.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { pause } from '../../lib/backoff.ts';
import { CHILD_LOCALE } from '../../lib/child-locale.ts';
import { parsePostgresqlUrl, withoutSecret } from '../../lib/connection-url.ts';
import { dbmateUrl } from './dbmate-url.ts';
import { encodingTroubles, refuse, schemaTroubles } from './schema-check.ts';
import { DEFAULT_USER, openSessions } from './sessions.ts';
import { sqlState, toDatabaseError } from './sql-error.ts';

export interface MigrationStatus {
  readonly version: string;
  readonly name: string;
  readonly applied: boolean;
  /** False when a later version of this service has brought it: nothing is known of it here. */
  readonly known: boolean;
}

/** What stands between a database and the first order; all empty when nothing does. */
export interface SchemaState {
  /** Migrations to be applied. */
  readonly pending: readonly string[];
  /** Why orders can't be stored there; a sentence each, with what to do. */
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

/** One migration at a time in a database, whoever runs it; any number will do that nothing else here uses. */
const LOCK = 7_460_020_251;
/** Every server has it: sessions go there while the database is missing. */
const MAINTENANCE_DATABASE = 'postgres';
const DUPLICATE_DATABASE = '42P04';
const NO_SUCH_DATABASE = '3D000';
const UNDEFINED_TABLE = '42P01';
const UNIQUE_VIOLATION = '23505';
const STARTING_UP = '57P03';
const RETRY_MS = 500;

/**
 * Creates the database when it is missing and applies every migration that is not applied yet. Safe when several
 * processes do it at once: they take turns.
 * @returns the names of the migrations it applied.
 * @throws AppError `database_unavailable` (retryable); `migration_failed`, also for a database that a later version has migrated or
 * that could not store any order as it is.
 */
export async function migrateUp(options: MigrateOptions): Promise<string[]> {
  await createDatabase(options);
  return withLock(options, async (sql) => {
    refuse(await encodingTroubles(sql));
    const before = await statusIn(sql, options.folder);
    refuse(laterTroubles(before));
    await migrate(options, sql);
    refuse(await schemaTroubles(sql));
    return before.filter((one) => !one.applied).map((one) => one.name);
  });
}

/** A dbmate whose service was killed may go on, and be in the way of this one's: what it has applied meanwhile is no failure. */
async function migrate(options: MigrateOptions, sql: SQL): Promise<void> {
  const pending = async () => (await statusIn(sql, options.folder)).filter((one) => !one.applied).length;
  for (let left = await pending(); left > 0; ) {
    try {
      await dbmate(options, 'migrate');
      return;
    } catch (error) {
      const before = left;
      left = await pending();
      if (left === before) throw error;
    }
  }
}

/**
 * Takes the last applied migration back.
 * @returns its name, or undefined when none is applied.
 */
export async function migrateDown(options: MigrateOptions): Promise<string | undefined> {
  return withLock(options, async (sql) => {
    const status = await statusIn(sql, options.folder);
    refuse(laterTroubles(status));
    const last = status.findLast((one) => one.applied);
    if (last === undefined) return undefined;
    await dbmate(options, 'rollback');
    return last.name;
  });
}

/** Every migration of the folder, and whether the database has it. A missing database has none. */
export async function migrationStatus(options: MigrateOptions): Promise<MigrationStatus[]> {
  try {
    return await withConnection(options, (sql) => statusIn(sql, options.folder));
  } catch (error) {
    if (sqlState(error) === NO_SUCH_DATABASE) return list(options.folder, new Set());
    throw toDatabaseError(error, 'asking for migrations');
  }
}

/** What keeps the database from storing orders. A missing database only waits for its migrations. */
export async function schemaState(options: MigrateOptions): Promise<SchemaState> {
  const pendingOf = (status: readonly MigrationStatus[]): string[] =>
    status.filter((one) => !one.applied).map((one) => one.name);
  try {
    return await withConnection(options, async (sql) => {
      const status = await statusIn(sql, options.folder);
      const pending = pendingOf(status);
      const troubles = [...(await encodingTroubles(sql)), ...laterTroubles(status)];
      if (pending.length === 0) troubles.push(...(await schemaTroubles(sql)));
      return { pending, troubles };
    });
  } catch (error) {
    if (sqlState(error) === NO_SUCH_DATABASE)
      return { pending: pendingOf(list(options.folder, new Set())), troubles: [] };
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
        throw toDatabaseError(
          error,
          `connecting to ${formatAddress(parsePostgresqlUrl(options.url).address)}`,
        );
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
    throw toDatabaseError(error, 'migrating');
  }
}

/** A single session, closed afterwards; with it goes an advisory lock it holds. */
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

async function statusIn(sql: SQL, folder: string): Promise<MigrationStatus[]> {
  try {
    const rows: { version: string }[] = await sql`select version from schema_migrations`;
    return list(folder, new Set(rows.map((row) => row.version)));
  } catch (error) {
    if (sqlState(error) === UNDEFINED_TABLE) return list(folder, new Set());
    throw error;
  }
}

function laterTroubles(status: readonly MigrationStatus[]): string[] {
  const later = status.filter((one) => !one.known).map((one) => one.version);
  if (later.length === 0) return [];
  return [
    `the database was migrated by a later version of this service (${later.join(', ')}): run that version, or take ` +
      'its migrations back with it',
  ];
}

function list(folder: string, applied: ReadonlySet<string>): MigrationStatus[] {
  const known = readdirSync(folder)
    .filter((file) => /^\d+_.*\.sql$/.test(file))
    .sort()
    .map((file) => {
      const version = file.slice(0, file.indexOf('_'));
      return { version, name: file.replace(/\.sql$/, ''), applied: applied.has(version), known: true };
    });
  const later = [...applied].filter((version) => known.every((one) => one.version !== version)).sort();
  return [...known, ...later.map((version) => ({ version, name: version, applied: true, known: false }))];
}

async function dbmate(options: MigrateOptions, command: 'migrate' | 'rollback'): Promise<void> {
  const child = Bun.spawn(
    // It takes a comma in a folder's name for two folders.
    [resolveBinary(), '--no-dump-schema', '--migrations-dir', '.', command],
    {
      // By the environment, because a command line is everyone's to read; nothing else of ours is in it, and no .env in the folder.
      env: { ...CHILD_LOCALE, DATABASE_URL: dbmateUrl(options.url) },
      cwd: options.folder,
      stdout: 'pipe',
      stderr: 'pipe',
      stdin: 'ignore',
    },
  );
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]).catch((error: unknown) => {
    throw new AppError('migration_failed', `dbmate does not run: ${messageOf(error)}`, { cause: error });
  });
  if (code !== 0)
    throw new AppError(
      'migration_failed',
      `dbmate ${command} failed:\n${withoutSecret(errors || output, parsePostgresqlUrl(options.url).password)}`.trim(),
    );
}
