import { entityTag } from '../../lib/entity-tag.ts';
import { type Field, ORDER_FIELDS, type OrderFields } from '../../order/fields.ts';
import type { OrderDocument, OrderOrigin } from '../stored-orders.ts';
import type { Database, RowValue } from './database.ts';

/** RFC 3339 in UTC, with only the fraction digits that are needed, of an SQL expression for a timestamptz. */
export function instantSql(expression: string): string {
  return `rtrim(rtrim(to_char((${expression}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z'`;
}

/**
 * SQL for an order `o` with its items as compact JSON text. PostgreSQL builds it: that costs it no more than sending an
 * order's columns with each of its items, and this process half of what it would pay for reading those and writing
 * JSON.
 */
export function orderJsonSql({ order, head, item }: OrderFields): string {
  return `(select row_to_json(whole)::text from (select ${[
    ...members(order.slice(0, head)),
    `array_to_json(array(select row_to_json(i) from (select ${list(item)} from order_items
      where order_uid = o.order_uid order by position) i)) as items`,
    ...members(order.slice(head)),
  ].join(', ')}) whole)`;
}

/** Values side by side, those of a parent as one object in their place. */
function members(fields: readonly Field[]): string[] {
  const groups = Map.groupBy(fields, ({ parent, name }) => parent ?? `/${name}`);
  return [...groups].map(([parent, group]) =>
    group[0]?.parent === undefined
      ? list(group, 'o.')
      : `(select ${parent} from (select ${list(group, 'o.')}) ${parent}) as ${parent}`,
  );
}

function list(fields: readonly Field[], table = ''): string {
  return fields
    .map(({ kind, column, name }) => {
      const value = `${table}${column}`;
      return `${kind === 'instant' ? instantSql(value) : value} as ${name}`;
    })
    .join(', ');
}

export const ORDER_JSON = orderJsonSql(ORDER_FIELDS);

/**
 * One row an order: order_uid, the order as JSON, its origin, and whether a standby says so; a single statement, so an order and its items are of
 * one snapshot. `$1` is a text[] of uids.
 */
export const SELECT_DOCUMENTS = `select o.order_uid,
  ${ORDER_JSON},
  o.source_topic, o.source_partition, o.source_offset,
  (extract(epoch from o.produced_at) * 1000)::bigint, (extract(epoch from o.stored_at) * 1000)::bigint, pg_is_in_recovery()
from orders o where o.order_uid = any($1)`;

/** A stored order as PostgreSQL gives it. */
export interface StoredJson {
  /** The order as compact JSON. */
  readonly json: string;
  readonly origin: OrderOrigin;
  readonly standby: boolean;
}

/** Rows of SELECT_DOCUMENTS, as arrays → the orders, by uid. */
export function readDocuments(rows: ReadonlyArray<readonly RowValue[]>): Map<string, StoredJson> {
  return new Map(
    rows.map((row) => [String(row[0]), { json: String(row[1]), origin: readOrigin(row), standby: row[7] === true }]),
  );
}

function readOrigin([, , topic, partition, offset, producedAt, storedAt]: readonly RowValue[]): OrderOrigin {
  return {
    topic: String(topic),
    partition: Number(partition),
    offset: BigInt(offset ?? 0),
    producedAt: Number(producedAt),
    storedAt: Number(storedAt),
  };
}

const encoder = new TextEncoder();

/**
 * Reading orders from the database.
 * Every call throws AppError `database_unavailable` (retryable) while PostgreSQL can't answer.
 */
export class OrderStore {
  readonly #database: Database;
  readonly #readTimeoutMs: number;

  /** `readTimeoutMs`: longest `findMany` may take. */
  constructor(database: Database, readTimeoutMs = 5_000) {
    this.#database = database;
    this.#readTimeoutMs = readTimeoutMs;
  }

  /** The orders that exist, by order_uid; uids that do not are absent from the map. One round trip. */
  findMany(uids: readonly string[]): Promise<Map<string, OrderDocument>> {
    return this.#database.read('reading orders', this.#readTimeoutMs, async (sql) => {
      const rows: RowValue[][] = await sql.unsafe(SELECT_DOCUMENTS, [sql.array([...uids], 'TEXT')]).values();
      return new Map(
        [...readDocuments(rows)].map(([uid, { json, origin, standby }]) => {
          const body = encoder.encode(json);
          return [uid, { body, etag: entityTag(body), origin, ...(standby && { standby }) }];
        }),
      );
    });
  }
}
