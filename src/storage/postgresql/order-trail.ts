import type { OrderTrail, OrderTrails } from '../stored-orders.ts';
import type { Database, RowValue } from './database.ts';
import { instantSql } from './order-store.ts';

// The function fails where commit times are not kept. A row is also written anew when its state is worked out, long after.
const COMMITTED = `(select at from (select case when current_setting('track_commit_timestamp') = 'on'
  then pg_xact_commit_timestamp(o.xmin) end as at) c where at < o.stored_at + interval '1 hour')`;

const SELECT_TRAIL = `select o.source_topic, o.source_partition, o.source_offset, ${instantSql('o.date_created')},
  ${instantSql('o.produced_at')}, ${instantSql('o.stored_at')}, ${instantSql(COMMITTED)}
from orders o where o.order_uid = $1`;

/** OrderTrails on PostgreSQL. */
export class PostgresOrderTrails implements OrderTrails {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(uid: string): Promise<OrderTrail | undefined> {
    const rows = await this.#database.query(
      'reading an order’s journey',
      async (sql): Promise<RowValue[][]> => await sql.unsafe(SELECT_TRAIL, [uid]).values(),
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const [topic, partition, offset, createdAt, producedAt, beganAt, committedAt] = row;
    return {
      topic: String(topic),
      partition: Number(partition),
      offset: Number(offset),
      createdAt: String(createdAt),
      producedAt: String(producedAt),
      beganAt: String(beganAt),
      committedAt: committedAt === null ? undefined : String(committedAt),
    };
  }
}
