import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';
import { COUNT_DELETED } from './state-counts.ts';

export interface OrderExpiryOptions {
  /** Age of an order's storing, in days, from which on it is deleted. */
  readonly days: number;
  /** Note deleted orders in the same transaction, so that the cache can be told. */
  readonly noteChanges: boolean;
}

/** Orders that were deleted, and the id of the note of it, if one was written. */
export interface DeletedOrders {
  readonly orderUids: readonly string[];
  readonly note?: string;
}

/**
 * Age of a stored order, ms, from which on an identical message stores it anew: an order that is still sent stays. So a
 * deleted order was not sent within that time before its deletion.
 */
export function renewalAgeMs(days: number): number {
  return days * 43_200_000;
}

/**
 * Deletes the oldest orders, with their items. The table `order_expiry` has one row: who deletes locks it, and skips
 * orders that are being written, so nobody waits for anybody. The bound for messages of deleted orders counts from
 * `changed_at` on, because other settings renewed orders otherwise before. `$1` days, `$2` most orders, `$3` id of the
 * note or null, `$4` renewal age in s.
 */
const DELETE_OLDEST = `with turn as (
    select from order_expiry for update skip locked
  ), old as materialized (
    select order_uid from orders
    where stored_at < now() - make_interval(secs => $1::float8 * 86400) and exists (select from turn)
    order by stored_at limit $2 for update skip locked
  ), uids as materialized (
    select array_agg(order_uid) as list from old having count(*) > 0
  ), deleted_items as (
    delete from order_items where order_uid = any(array(select order_uid from old))
  ), deleted as (
    delete from orders where order_uid = any(array(select order_uid from old)) returning state
  ), tallied as (
    ${COUNT_DELETED}
  ), noted as (
    insert into pending_invalidations (id, order_uids) select $3::uuid, list from uids where $3::uuid is not null
  ), counted as (
    update order_expiry set orders = orders + cardinality(list),
      sent_before = greatest(sent_before, changed_at, now() - make_interval(secs => $4::float8)) from uids
  )
  select order_uid from old`;

/** Deleting old orders. Calls throw AppError `database_unavailable` (retryable), `database_rejected`. */
export class OrderExpiry {
  readonly #database: Database;
  readonly #options: OrderExpiryOptions;

  constructor(database: Database, options: OrderExpiryOptions) {
    this.#database = database;
    this.#options = options;
  }

  /**
   * Call it before deleting. @returns the `days` by which orders were deleted since the last call, if they were others: of
   * an earlier setting, or of another process
   */
  async begin(): Promise<number | undefined> {
    const { days } = this.#options;
    return await this.#database.query('noting the retention', async (sql) => {
      const [was]: { days: number }[] = await sql`
        with was as (select days from order_expiry where days <> ${days} for update), noted as (
          update order_expiry set days = ${days}, changed_at = now() where exists (select from was)
        )
        select days from was`;
      return was?.days;
    });
  }

  /** Deletes up to `limit` orders that are too old, in one transaction; none while another process is at it. */
  async deleteOldest(limit: number): Promise<DeletedOrders> {
    const { days, noteChanges } = this.#options;
    const note = noteChanges ? randomUUID() : null;
    const values = [days, limit, note, renewalAgeMs(days) / 1000];
    const rows: { order_uid: string }[] = await this.#database.query('deleting old orders', (sql) =>
      sql.unsafe(DELETE_OLDEST, values),
    );
    const orderUids = rows.map((row) => row.order_uid);
    return note === null || orderUids.length === 0 ? { orderUids } : { orderUids, note };
  }
}
