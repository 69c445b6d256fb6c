import type { OrderDocument, OrderStore, OrderSummary } from '../order-store.ts';
import type { Database } from './database.ts';
import { readDocuments, SELECT_DOCUMENTS } from './order-documents.ts';
import { type Field, trimInstant } from './order-rows.ts';

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

// Newest by index; those stored in one transaction share stored_at and are told apart by their offset.
const SELECT_LATEST = `select o.order_uid, o.track_number, o.customer_id, o.delivery_name, o.delivery_city,
  o.payment_amount, o.payment_currency,
  (select count(*) from order_items i where i.order_uid = o.order_uid) as items,
  to_char(o.date_created at time zone 'UTC', ${INSTANT}), to_char(o.stored_at at time zone 'UTC', ${INSTANT})
from (select * from orders order by stored_at desc, source_offset desc, order_uid limit $1) o
order by o.stored_at desc, o.source_offset desc, o.order_uid`;

/** OrderStore on PostgreSQL. */
export class PostgresOrderStore implements OrderStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  findMany(uids: readonly string[]): Promise<Map<string, OrderDocument>> {
    return this.#database.query('reading orders', async (sql) => {
      const rows: Field[][] = await sql.unsafe(SELECT_DOCUMENTS, [sql.array([...uids], 'TEXT')]).values();
      return readDocuments(rows);
    });
  }

  latest(limit: number): Promise<OrderSummary[]> {
    return this.#database.query('listing orders', async (sql) => {
      const rows: Field[][] = await sql.unsafe(SELECT_LATEST, [limit]).values();
      return rows.map((row) => ({
        order_uid: String(row[0]),
        track_number: String(row[1]),
        customer_id: String(row[2]),
        delivery_name: String(row[3]),
        delivery_city: String(row[4]),
        amount: Number(row[5]),
        currency: String(row[6]),
        items: Number(row[7]),
        date_created: trimInstant(String(row[8])),
        stored_at: trimInstant(String(row[9])),
      }));
    });
  }

  async ping(): Promise<void> {
    await this.#database.query('asking PostgreSQL', (sql) => sql`select 1`.execute());
  }
}
