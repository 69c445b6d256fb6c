import type { CachedDatabase } from '../cache-trouble.ts';
import type { Database } from './database.ts';

/**
 * A database as `<system identifier>/<oid>`: the first is that of the data folder, the second is never given twice in
 * it. A copy made by dump and restore is another one, a replica that takes over is the same.
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CONTROLDATA
 */
export class PostgresIdentity implements CachedDatabase {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  identity(): Promise<string> {
    return this.#database.query('asking which database it is', async (sql) => {
      const [row]: { identity: string }[] = await sql`
        select s.system_identifier || '/' || d.oid as identity from pg_control_system() s, pg_database d
        where d.datname = current_database()`;
      return row?.identity ?? '';
    });
  }

  /** Only of the same data folder anything can be said. */
  isGone(identity: string): Promise<boolean> {
    return this.#database.query('asking for another database', async (sql) => {
      const [system = '', oid = ''] = identity.split('/');
      const rows: unknown[] = await sql`
        select from pg_control_system() s where s.system_identifier::text = ${system}
          and not exists (select from pg_database where oid::text = ${oid})`;
      return rows.length > 0;
    });
  }
}
