import { SQL } from 'bun';
import type { Resources } from '../../src/cmd/app/shutdown.ts';

export interface OrderCounts {
  readonly orders: number;
  readonly items: number;
}

/** One connection to the database that is measured. */
export class OrderTables {
  readonly sql: SQL;

  constructor(url: string, resources: Resources) {
    this.sql = new SQL(url, { max: 1, idleTimeout: 0 });
    resources.defer('connections', 'database connection', () => this.sql.close({ timeout: 1 }));
  }

  /** Empties the tables, offsets included, and writes out what is dirty, so that every round begins alike. */
  async reset(): Promise<void> {
    await this.sql.unsafe('truncate orders, order_items, consumer_offsets');
    await this.sql.unsafe('checkpoint');
  }

  /** How many messages have been stored or done away with. */
  async progress(): Promise<number> {
    const [row]: { total: string }[] = await this.sql`
      select coalesce(sum(next_offset), 0)::bigint as total from consumer_offsets`;
    return Number(row?.total ?? 0);
  }

  /** @throws when other orders or items are there than expected */
  async verify(expected: OrderCounts, what: string): Promise<void> {
    const [row]: { orders: string; items: string }[] = await this.sql`
      select (select count(*) from orders) as orders, (select count(*) from order_items) as items`;
    const found = { orders: Number(row?.orders), items: Number(row?.items) };
    if (found.orders !== expected.orders || found.items !== expected.items) {
      throw new Error(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
    }
  }
}
