import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SQL, TransactionSQL } from 'bun';
import { AppError } from '../../lib/app-error.ts';
import { pause } from '../../lib/backoff.ts';
import type { Sessions } from './sessions.ts';
import { sqlState } from './sql-error.ts';

/** A file of the folder, split at its two markers. */
export interface Migration {
  readonly version: string;
  readonly name: string;
  readonly up: string;
  readonly down: string;
  /** The index that `up` builds while others write, which no transaction can do: it is all that `up` does. */
  readonly index: string | undefined;
  /** The earliest migration that a process must know to go on with this one; undefined when it is this one. */
  readonly compatibleSince: string | undefined;
}

/** Key of the advisory lock of the transaction that migrates; nothing else here uses the number. */
const LOCK = 7_460_020_252;
/** For example `create index concurrently` on a partitioned table. */
const NOT_SUPPORTED = '0A000';
const LOCK_RETRY_MS = 100;
/** So many attempts before it is told. */
const PATIENCE = 20;

/**
 * The migrations of a folder. A line `-- migrate:compatible-since 0006` says that processes go on with this one if they
 * know 0006: it adds, and takes nothing away that they need.
 * @throws AppError `migration_failed` for a file without the two markers
 */
export function readMigrations(folder: string): Migration[] {
  const files = readdirSync(folder).filter((file) => /^\d+_.*\.sql$/.test(file));
  return files.sort().map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const [, up, down] = /^-- migrate:up\n(.*)^-- migrate:down\n(.*)$/ms.exec(text) ?? [];
    if (up === undefined || down === undefined)
      throw new AppError('migration_failed', `${file} must have the lines -- migrate:up and -- migrate:down`);
    const index = /^create (?:unique )?index concurrently (\w+)/m.exec(up)?.[1];
    const compatibleSince = /^-- migrate:compatible-since (\d+)$/m.exec(text)?.[1];
    return {
      version: file.slice(0, file.indexOf('_')),
      name: file.replace(/\.sql$/, ''),
      up,
      down,
      index,
      compatibleSince,
    };
  });
}

/**
 * Applies a migration: in a transaction, or, when it builds an index, while writers go on. `onBusy` is called once
 * another process has migrated for a while.
 * @returns false when another process has applied it.
 */
export function applyOnce(sessions: Sessions, migration: Migration, onBusy: () => void): Promise<boolean> {
  return locked(sessions, onBusy, async (tx) => {
    // dbmate, which earlier versions used, made the same table.
    await tx`create table if not exists schema_migrations (version varchar(128) primary key)`;
    if (await isApplied(tx, migration)) return false;
    if (migration.index === undefined) await tx.unsafe(migration.up).simple();
    else await buildIndex(sessions.sql, tx, migration.index, migration.up);
    const { version, compatibleSince } = migration;
    // The column is there since 0007.
    if (compatibleSince === undefined) await tx`insert into schema_migrations (version) values (${version})`;
    else await tx`insert into schema_migrations (version, compatible_since) values (${version}, ${compatibleSince})`;
    return true;
  });
}

/** Takes a migration back. @returns false when another process has done it. */
export function revertOnce(sessions: Sessions, migration: Migration, onBusy: () => void): Promise<boolean> {
  return locked(sessions, onBusy, async (tx) => {
    if (!(await isApplied(tx, migration))) return false;
    await tx.unsafe(migration.down).simple();
    await tx`delete from schema_migrations where version = ${migration.version}`;
    return true;
  });
}

/**
 * Runs `work` in a transaction that no other process has at the same time. A lock of the transaction, unlike one of the
 * session, can't be left behind in a pool such as PgBouncer’s. A process without it asks again: a statement that waited for
 * it would be an open snapshot, for which an index that is built concurrently waits in turn.
 */
async function locked<T>(
  { sql, prelude }: Sessions,
  onBusy: () => void,
  work: (tx: TransactionSQL) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const done = await sql.begin(async (tx) => {
      if (prelude !== '') await tx.unsafe(prelude).simple();
      const [row]: { mine: boolean }[] = await tx`select pg_try_advisory_xact_lock(${LOCK}) as mine`;
      return row?.mine === true ? { result: await work(tx) } : undefined;
    });
    if (done !== undefined) return done.result;
    if (attempt === PATIENCE) onBusy();
    await pause(LOCK_RETRY_MS);
  }
}

/**
 * Builds an index in a session of its own while `tx` holds the lock. An attempt that was cut off leaves an invalid
 * index, which is removed first. A partitioned table can't be indexed that way: its writers wait.
 * https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 */
async function buildIndex(sql: SQL, tx: TransactionSQL, index: string, up: string): Promise<void> {
  // The session does nothing meanwhile, and the index of a large table takes its time.
  await tx.unsafe('set local idle_in_transaction_session_timeout = 0');
  const [left]: { valid: boolean }[] = await sql`
    select indisvalid as valid from pg_index where indexrelid = to_regclass(${index})`;
  if (left?.valid === true) return;
  if (left !== undefined) await sql.unsafe(`drop index concurrently ${index}`).simple();
  try {
    await sql.unsafe(up).simple();
  } catch (error) {
    if (sqlState(error) !== NOT_SUPPORTED) throw error;
    await tx.unsafe(up.replace(/ concurrently /i, ' ')).simple();
  }
}

async function isApplied(tx: TransactionSQL, { version }: Migration): Promise<boolean> {
  const rows: unknown[] = await tx`select from schema_migrations where version = ${version}`;
  return rows.length > 0;
}
