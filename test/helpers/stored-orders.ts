import { SQL } from 'bun';
import type { Database } from '../../src/storage/postgresql/database.ts';
import { createMigratedDatabase } from './database.ts';
import { openDatabase } from './read-side.ts';

/** A database with the service's schema, filled with orders by SQL alone: many at once, with whatever is to differ. */
export class StoredOrders {
  /** A session of the test's own. */
  readonly sql: SQL;
  readonly database: Database;
  readonly url: string;
  readonly #drop: () => Promise<void>;

  private constructor(url: string, drop: () => Promise<void>) {
    this.#drop = drop;
    this.url = url;
    this.sql = new SQL(url, { max: 1 });
    this.database = openDatabase(url);
  }

  /** `create`: makes the database, with the tables of the orders at least. */
  static async open(create = createMigratedDatabase): Promise<StoredOrders> {
    const { url, drop } = await create();
    return new StoredOrders(url, drop);
  }

  /**
   * Adds orders named `<prefix><n>` for n from `from` up to `to`, an item each; `columns` are SQL expressions over n
   * that replace those of the sample, such as `{ customer_id: "'c' || n % 10" }`.
   */
  async add(
    prefix: string,
    from: number,
    to: number,
    columns: Readonly<Record<string, string>> = {},
    sql = this.sql,
  ): Promise<void> {
    const values: Record<string, string> = { ...SAMPLE, order_uid: `'${prefix}' || n`, ...columns };
    const names = Object.keys(values);
    const list = names.map((name) => values[name]).join(', ');
    await sql.unsafe(
      `insert into orders (${names.join(', ')}) select ${list} from generate_series(${from}, ${to - 1}) n`,
    );
    await sql.unsafe(`insert into order_items select '${prefix}' || n, 1, n, 'T', 100, 'r' || n, 'Mascaras', 30, '0', 317,
      2389212, 'Vivienne Sabo', 202 from generate_series(${from}, ${to - 1}) n`);
  }

  async close(): Promise<void> {
    await Promise.all([this.sql.close(), this.database.close()]);
    await this.#drop();
  }
}

const SAMPLE: Readonly<Record<string, string>> = {
  track_number: `'T' || n`,
  entry: `'WBIL'`,
  delivery_name: `'Test Testov'`,
  delivery_phone: `'+9720000000'`,
  delivery_zip: `'2639809'`,
  delivery_city: `'Kiryat Mozkin'`,
  delivery_address: `'Ploshad Mira 15'`,
  delivery_region: `'Kraiot'`,
  delivery_email: `'test@gmail.com'`,
  payment_transaction: `'p' || n`,
  payment_request_id: `''`,
  payment_currency: `'USD'`,
  payment_provider: `'wbpay'`,
  payment_amount: '1817',
  payment_dt: '1637907727',
  payment_bank: `'alpha'`,
  payment_delivery_cost: '1500',
  payment_goods_total: '317',
  payment_custom_fee: '0',
  locale: `'en'`,
  internal_signature: `''`,
  customer_id: `'test'`,
  delivery_service: `'meest'`,
  shardkey: `'9'`,
  sm_id: '99',
  date_created: `'2021-11-26T06:22:19Z'`,
  oof_shard: `'1'`,
  source_topic: `'orders'`,
  source_partition: 'n % 3',
  source_offset: 'n / 3',
  produced_at: 'now()',
  stored_at: 'now()',
};
