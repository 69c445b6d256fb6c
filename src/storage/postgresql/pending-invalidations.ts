import type { Database } from './database.ts';

/** Orders one transaction has changed. */
export interface PendingInvalidation {
  readonly id: string;
  readonly orderUids: readonly string[];
}

/** Changes the cache may not know of yet. Every call throws AppError `database_unavailable` while it can't answer. */
export class PendingInvalidations {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The oldest that are at least `ageMs` old, at most `limit`. */
  list(limit: number, ageMs: number): Promise<PendingInvalidation[]> {
    return this.#database.query('reading pending invalidations', async (sql) => {
      const rows: { id: string; order_uids: string[] }[] = await sql`
        select id, order_uids from pending_invalidations
        where created_at <= now() - make_interval(secs => ${ageMs / 1000}) order by created_at limit ${limit}`;
      return rows.map((row) => ({ id: row.id, orderUids: row.order_uids }));
    });
  }

  /** Removes those that were delivered. */
  async remove(ids: readonly string[]): Promise<void> {
    await this.#database.query('removing delivered invalidations', async (sql) => {
      await sql`delete from pending_invalidations where id = any(${sql.array([...ids], 'TEXT')}::text[]::uuid[])`;
    });
  }

  /** Removes what is older than anything a cache can still hold. */
  async removeOlderThan(ageMs: number): Promise<void> {
    await this.#database.query('removing old invalidations', async (sql) => {
      await sql`delete from pending_invalidations where created_at < now() - make_interval(secs => ${ageMs / 1000})`;
    });
  }
}
