import type { OrderDocument, OrderStore } from '../order-store.ts';
import type { Database } from './database.ts';
import { readDocuments, SELECT_DOCUMENTS } from './order-documents.ts';
import type { Field } from './order-rows.ts';

/** OrderStore on PostgreSQL. */
export class PostgresOrderStore implements OrderStore {
  readonly #database: Database;
  readonly #readTimeoutMs: number;

  /** `readTimeoutMs`: longest `findMany` may take. */
  constructor(database: Database, readTimeoutMs = 5_000) {
    this.#database = database;
    this.#readTimeoutMs = readTimeoutMs;
  }

  findMany(uids: readonly string[]): Promise<Map<string, OrderDocument>> {
    return this.#database.read('reading orders', this.#readTimeoutMs, async (sql) => {
      const rows: Field[][] = await sql.unsafe(SELECT_DOCUMENTS, [sql.array([...uids], 'TEXT')]).values();
      return readDocuments(rows);
    });
  }
}
