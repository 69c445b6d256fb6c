import type { SQL } from 'bun';
import type { Umzug } from 'umzug';
import { formatAddress } from '../../lib/address.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { pause } from '../../lib/backoff.ts';
import { parsePostgresqlUrl } from '../../lib/connection-url.ts';
import { applyOnce, type Migration, readMigrations, revertOnce } from './migration.ts';
import { encodingTroubles, refuse, schemaTroubles } from './schema-check.ts';
import { DEFAULT_USER, type ServerSettings, type Sessions, withSessions } from './sessions.ts';
import { isUnreachable, sqlState, toDatabaseError } from './sql-error.ts';

export interface MigrationStatus {
  readonly version: string;
  readonly name: string;
  readonly applied: boolean;
  /** False when a later version of this service applied it: this one has no file for it. */
  readonly known: boolean;
  /** False when this version can't go on with it. */
  readonly compatible: boolean;
}

/** What stands between a database and the first order; all empty when nothing does. */
export interface SchemaState {
  /** Migrations to be applied. */
  readonly pending: readonly string[];
  /** Why orders can't be stored there: a sentence each, with what to do. */
  readonly troubles: readonly string[];
}

export interface MigrateOptions extends ServerSettings {
  /** Folder of the SQL files, `NNNN_name.sql`. */
  readonly folder: string;
  /** Old orders are deleted, which needs rights of its own. */
  readonly expires?: boolean;
  /** How long `migrateUp` waits for a server that does not answer yet, ms; 0. */
  readonly waitMs?: number;
  /** Called when it has to wait: for a server that does not answer yet, or long for another process that migrates. */
  readonly onWait?: (reason: 'no answer' | 'busy') => void;
}

/** Every server has it: sessions go there while the database is missing. */
const MAINTENANCE_DATABASE = 'postgres';
const DUPLICATE_DATABASE = '42P04';
const NO_SUCH_DATABASE = '3D000';
const UNDEFINED_TABLE = '42P01';
const UNIQUE_VIOLATION = '23505';
const QUERY_CANCELED = '57014';
/** A pooler does not pass a limit of zero on to a statement that must be outside a transaction. */
const CUT_OFF =
  'if that was its time limit, run test-service migrate up with a postgresql.url that leads past the pooler, or first ' +
  'alter role … set statement_timeout = 0';
/** The server ended the session: it shuts down, or was told to. */
const SESSION_ENDED = /^57P/;
const RETRY_MS = 500;

/**
 * Creates the database when it is missing and applies every pending migration, each in a transaction of its own.
 * Of several processes that do it at the same time, one applies a migration and the others wait.
 * @returns the names of the migrations it applied.
 * @throws AppError `database_unavailable` (retryable); `migration_failed` when a migration fails, when a later version
 *   has migrated the database, and when no order could be stored in it.
 */
export async function migrateUp(options: MigrateOptions): Promise<string[]> {
  await createDatabase(options);
  return migrating(options, async (sessions) => {
    const { sql } = sessions;
    refuse(await encodingTroubles(sql));
    const migrations = readMigrations(options.folder);
    const status = await statusIn(sql, migrations);
    refuse(laterTroubles(status));
    const done: string[] = [];
    if (pendingIn(status).length > 0) await (await umzug(sessions, migrations, done, options)).up();
    refuse(await schemaTroubles(sql, options));
    return done;
  });
}

/**
 * Takes the last applied migration back.
 * @returns its name, or undefined when none is applied.
 */
export async function migrateDown(options: MigrateOptions): Promise<string | undefined> {
  return migrating(options, async (sessions) => {
    const migrations = readMigrations(options.folder);
    const status = await statusIn(sessions.sql, migrations);
    refuse(laterTroubles(status, ({ known }) => !known));
    const done: string[] = [];
    if (status.some(({ applied }) => applied)) await (await umzug(sessions, migrations, done, options)).down();
    return done[0];
  });
}

/** Every migration of the folder, and whether the database has it. A missing database has none. */
export async function migrationStatus(options: MigrateOptions): Promise<MigrationStatus[]> {
  const migrations = readMigrations(options.folder);
  try {
    return await withConnection(options, ({ sql }) => statusIn(sql, migrations));
  } catch (error) {
    if (sqlState(error) === NO_SUCH_DATABASE) return statusOf(migrations, []);
    throw toDatabaseError(error, 'asking for migrations');
  }
}

/** What keeps the database from storing orders. A missing database only waits for its migrations. */
export async function schemaState(options: MigrateOptions): Promise<SchemaState> {
  const migrations = readMigrations(options.folder);
  try {
    return await withConnection(options, async ({ sql }) => {
      const status = await statusIn(sql, migrations);
      const pending = pendingIn(status);
      const troubles = [...(await encodingTroubles(sql)), ...laterTroubles(status)];
      if (pending.length === 0) troubles.push(...(await schemaTroubles(sql, options)));
      return { pending, troubles };
    });
  } catch (error) {
    if (sqlState(error) === NO_SUCH_DATABASE) return { pending: pendingIn(statusOf(migrations, [])), troubles: [] };
    throw toDatabaseError(error, 'looking at the schema');
  }
}

/**
 * Makes sure that orders can be stored there, and changes nothing.
 * @throws AppError `migration_failed` when migrations are pending or no order could be stored; `database_unavailable`
 */
export async function requireSchema(options: MigrateOptions): Promise<void> {
  const { pending, troubles } = await schemaState(options);
  const lacking = `it lacks ${pending.join(', ')}: run test-service migrate up, or set postgresql.migrations to auto`;
  refuse(pending.length === 0 ? troubles : [lacking, ...troubles]);
}

async function createDatabase(options: MigrateOptions): Promise<void> {
  if (await databaseExists(options)) return;
  const { database, user } = parsePostgresqlUrl(options.url);
  const name = database || user || DEFAULT_USER;
  try {
    const make = async ({ sql }: Sessions): Promise<void> => {
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
      await withConnection(options, ({ sql }) => sql`select 1`.execute());
      return true;
    } catch (error) {
      if (sqlState(error) === NO_SUCH_DATABASE) return false;
      const notYet = isUnreachable(error) || (error instanceof AppError && error.retryable);
      if (!notYet || Date.now() >= deadline) {
        const where = parsePostgresqlUrl(options.url).addresses.map(formatAddress);
        throw toDatabaseError(error, `connecting to ${where.join(', ')}`);
      }
      if (attempt === 0) options.onWait?.('no answer');
      await pause(RETRY_MS);
    }
  }
}

async function migrating<T>(options: MigrateOptions, work: (sessions: Sessions) => Promise<T>): Promise<T> {
  try {
    return await withConnection(options, work);
  } catch (error) {
    if (error instanceof AppError) throw error;
    // The library wraps what a migration threw.
    throw toDatabaseError(error instanceof Error ? (error.cause ?? error) : error, 'migrating');
  }
}

/**
 * The migrations as the library runs them; `done` gets the names of those that this process ran. It is loaded only where
 * there is something to do: with it comes a command line of its own, which takes a while to load.
 */
async function umzug(
  sessions: Sessions,
  migrations: readonly Migration[],
  done: string[],
  { onWait }: MigrateOptions,
): Promise<Umzug> {
  const { Umzug } = await import('umzug');
  const onBusy = (): void => onWait?.('busy');
  const run = async (one: Migration, work: typeof applyOnce): Promise<void> => {
    if (await naming(one, work(sessions, one, onBusy))) done.push(one.name);
  };
  return new Umzug({
    logger: undefined,
    migrations: migrations.map((one) => ({
      name: one.name,
      up: () => run(one, applyOnce),
      down: () => run(one, revertOnce),
    })),
    storage: {
      executed: async () => (await statusIn(sessions.sql, migrations)).flatMap((one) => (one.applied ? one.name : [])),
      // A migration's own transaction does it: a crash leaves both the change and its version, or neither.
      logMigration: () => Promise.resolve(),
      unlogMigration: () => Promise.resolve(),
    },
  });
}

/** @throws AppError `migration_failed` that names the migration; what the driver throws when the session has ended */
async function naming<T>({ name }: Migration, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const state = sqlState(error);
    if (state === undefined || SESSION_ENDED.test(state)) throw error;
    throw new AppError('migration_failed', `migration ${name} failed: ${messageOf(error)} (SQLSTATE ${state})`, {
      cause: error,
      ...(state === QUERY_CANCELED && { advice: CUT_OFF }),
    });
  }
}

/** Up to two sessions, closed afterwards. */
function withConnection<T>(
  options: MigrateOptions,
  work: (sessions: Sessions) => Promise<T>,
  database?: string,
): Promise<T> {
  // The index of a large table takes longer than any statement of the service.
  const settings = { application_name: 'test-service migrate', statement_timeout: '0' };
  return withSessions({ ...options, max: 2, settings, ...(database !== undefined && { database }) }, work);
}

async function statusIn(sql: SQL, migrations: readonly Migration[]): Promise<MigrationStatus[]> {
  try {
    // The column is there since 0007.
    const rows: AppliedRow[] = await sql`
      select version, to_jsonb(m) ->> 'compatible_since' as since from schema_migrations m order by version`;
    return statusOf(migrations, rows);
  } catch (error) {
    if (sqlState(error) === UNDEFINED_TABLE) return statusOf(migrations, []);
    throw error;
  }
}

interface AppliedRow {
  readonly version: string;
  readonly since: string | null;
}

function statusOf(migrations: readonly Migration[], applied: readonly AppliedRow[]): MigrationStatus[] {
  const known = migrations.map(({ version, name }) => {
    return { version, name, applied: applied.some((row) => row.version === version), known: true, compatible: true };
  });
  const last = known.at(-1)?.version ?? '';
  const later = applied.filter(({ version }) => known.every((one) => one.version !== version));
  return [
    ...known,
    ...later.map(({ version, since }) => {
      return { version, name: version, applied: true, known: false, compatible: since !== null && since <= last };
    }),
  ];
}

function pendingIn(status: readonly MigrationStatus[]): string[] {
  return status.filter((one) => !one.applied).map((one) => one.name);
}

function laterTroubles(
  status: readonly MigrationStatus[],
  isTrouble: (one: MigrationStatus) => boolean = ({ compatible }) => !compatible,
): string[] {
  const later = status.filter(isTrouble).map((one) => one.version);
  if (later.length === 0) return [];
  return [
    `the database was migrated by a later version of this service (${later.join(', ')}): run that version, or take ` +
      'its migrations back with it',
  ];
}
