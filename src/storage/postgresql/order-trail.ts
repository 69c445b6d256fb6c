import type { OrderTrail, OrderTrails } from '../order-trail.ts';
import type { Database } from './database.ts';
import { type Field, trimInstant } from './order-rows.ts';

const instant = (text: string): string =>
  `to_char((${text}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

// Asked for only where it is kept: the function fails where it is not.
const COMMITTED = `case when current_setting('track_commit_timestamp') = 'on' then pg_xact_commit_timestamp(o.xmin) end`;

const SELECT_TRAIL = `select o.source_topic, o.source_partition, o.source_offset,
  ${instant('o.produced_at')}, ${instant('o.stored_at')}, ${instant(COMMITTED)}
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
      async (sql): Promise<Field[][]> => await sql.unsafe(SELECT_TRAIL, [uid]).values(),
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const [topic, partition, offset, producedAt, beganAt, committedAt] = row;
    return {
      topic: String(topic),
      partition: Number(partition),
      offset: Number(offset),
      producedAt: trimInstant(String(producedAt)),
      beganAt: trimInstant(String(beganAt)),
      committedAt: committedAt ? trimInstant(String(committedAt)) : undefined,
    };
  }
}
