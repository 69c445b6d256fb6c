import { AppError } from '../../lib/app-error.ts';
import type { Database } from './database.ts';
import { sqlState } from './sql-error.ts';

// Query cancelled (a statement's time was up), and lock not available.
const WAITED_IN_VAIN = new Set(['57014', '55P03']);

/** True when a transaction failed because its time was up: somebody may hold the rows it wants. */
export function ranOutOfTime(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'aborted';
  return WAITED_IN_VAIN.has(sqlState(error) ?? '');
}

/**
 * Ends this user's transactions that have changed offsets, or wait to, for longer than `olderThanMs`: every consumer gives
 * its transaction up before that. PostgreSQL does not notice by itself when a consumer's machine or network is gone; in a
 * COPY that waits for data no server-side time-out applies, and the offsets' rows would stay locked for hours.
 * @returns how many it ended.
 * @throws AppError `database_unavailable`.
 */
export function endStaleTransactions(database: Database, olderThanMs: number): Promise<number> {
  return database.query('ending stale transactions', async (sql) => {
    const ended: unknown[] = await sql`
      select pg_terminate_backend(a.pid) from pg_stat_activity a
      where a.datname = current_database() and a.usename = current_user and a.pid <> pg_backend_pid()
        and a.xact_start < clock_timestamp() - make_interval(secs => ${olderThanMs / 1000})
        and exists (select from pg_locks l where l.pid = a.pid and l.mode = 'RowExclusiveLock'
          and l.relation = 'consumer_offsets'::regclass)`;
    return ended.length;
  });
}
