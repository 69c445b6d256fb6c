import type { Database } from './database.ts';

/**
 * Why the server takes no writes, though it answers, in words; undefined when it does take them.
 * @throws AppError `database_unavailable`
 */
export function writeObstacle(database: Database): Promise<string | undefined> {
  return database.query('asking PostgreSQL', async (sql) => {
    const [row]: { standby: boolean; read_only: string }[] = await sql`
      select pg_is_in_recovery() as standby, current_setting('default_transaction_read_only') as read_only`;
    if (row?.standby === true) return 'it is a standby, which takes no writes';
    return row?.read_only === 'on' ? 'it takes no writes (default_transaction_read_only is on)' : undefined;
  });
}
