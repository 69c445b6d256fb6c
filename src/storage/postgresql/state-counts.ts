import type { TransactionSQL } from 'bun';
import {
  bitsOfStates,
  ITEM_STATUS,
  isOrderState,
  ORDER_STATES,
  type OrderState,
  orderStateOf,
  stateBit,
} from '../../order/states.ts';
import type { StateFigures, StateFiguresReader } from '../stored-orders.ts';
import type { Database } from './database.ts';

/** As in the table of counts: '' stands for the state of an order that an earlier version wrote. */
export type StoredState = OrderState | '';

/** How many orders are in each state, or how many more. */
export type StateCounts = Map<StoredState, number>;

/** Adds so many orders to a state. */
export function count(counts: StateCounts, state: StoredState, orders: number): void {
  counts.set(state, (counts.get(state) ?? 0) + orders);
}

/** Shards of the counts that belong to no partition. */
const SHARDS = { retention: -1, keeping: -2 };

/** Adds what `source` gives, states and orders, to the counts of a shard. Every transaction takes states in one order. */
function addCountsSql(shard: string, source: string): string {
  return `insert into order_state_counts as c (shard, state, orders)
    select ${shard}, d.state, sum(d.orders) from (${source}) d group by d.state having sum(d.orders) <> 0 order by d.state
    on conflict (shard, state) do update set orders = c.orders + excluded.orders`;
}

const ADD_COUNTS = addCountsSql('$1::int', 'select * from unnest($2::text[], $3::bigint[]) as g (state, orders)');

/** The counts of the orders that retention deletes: `deleted` gives their states. */
export const COUNT_DELETED = addCountsSql(
  String(SHARDS.retention),
  `select coalesce(state, '') as state, -1 as orders from deleted`,
);

/** Adds to the counts of a shard, as part of the transaction. */
export async function addCounts(tx: TransactionSQL, shard: number, counts: StateCounts): Promise<void> {
  if (counts.size === 0) return;
  const states = tx.array([...counts.keys()], 'TEXT');
  await tx.unsafe(ADD_COUNTS, [shard, states, tx.array([...counts.values()], 'BIGINT')]);
}

const BITS = Object.values(ITEM_STATUS).map((status) => `when ${status} then ${stateBit(status)}`);

/** SQL for the bits of orderStateOf, of an expression for an order_uid; null without items. */
export function stateBitsSql(uid: string): string {
  return `(select bit_or(case status ${BITS.join(' ')} else ${stateBit(Number.NaN)} end) from order_items
    where order_uid = ${uid})`;
}

/** Every combination of bits → its state, from the combination 0 on. */
const STATE_OF_BITS: string[] = [];
for (const state of ORDER_STATES) for (const bits of bitsOfStates([state])) STATE_OF_BITS[bits] = state;

/** `$1` the states by bits, `$2` most orders. Orders that are being written are skipped. */
const WORK_OUT_STATES = `with turn as (
    select from order_state_recount for update skip locked
  ), old as materialized (
    select order_uid from orders where state is null and exists (select from turn)
    order by stored_at desc limit $2 for update skip locked
  ), known as materialized (
    select order_uid, ($1::text[])[1 + coalesce(${stateBitsSql('old.order_uid')}, 0)] as state from old
  ), counted as (
    ${addCountsSql(String(SHARDS.keeping), `select state, 1 as orders from known union all select '', -1 from known`)}
  )
  update orders o set state = known.state from known where o.order_uid = known.order_uid`;

/** One statement, so the orders and the counts are of one snapshot, whoever writes meanwhile. */
const RECOUNT = addCountsSql(
  String(SHARDS.keeping),
  `select coalesce(state, '') as state, count(*) as orders from orders group by state
    union all select state, -orders from order_state_counts`,
);

/** Time for counting all orders. */
const RECOUNT_MS = 1_800_000;

/**
 * How many orders are in each state. Whoever stores or deletes orders changes the counts in the same transaction; this
 * works out the states of orders that an earlier version wrote, and mends counts that others left wrong. Calls throw
 * AppError `database_unavailable` (retryable), `database_rejected`.
 */
export class StoredStates implements StateFiguresReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async figures(): Promise<StateFigures> {
    const rows: { age: number | null; state: StoredState | null; orders: string }[] = await this.#database.query(
      'reading the counts of states',
      (sql) => sql`
        select extract(epoch from now() - r.counted_at)::float8 as age, c.state, sum(c.orders)::bigint as orders
        from order_state_recount r left join order_state_counts c on true group by r.counted_at, c.state`,
    );
    const counts = new Map<string, number>(rows.map(({ state, orders }) => [state ?? '', Math.max(0, Number(orders))]));
    const age = rows[0]?.age ?? null;
    return {
      counts: new Map(ORDER_STATES.map((state) => [state, counts.get(state) ?? 0])),
      unknown: counts.get('') ?? 0,
      countedAgeMs: age === null ? undefined : age * 1000,
    };
  }

  /** Whether there are orders whose state is not worked out yet. */
  async anyUnknown(): Promise<boolean> {
    const [row]: { found: boolean }[] = await this.#database.query(
      'looking for orders without a state',
      (sql) => sql`select exists (select from orders where state is null) as found`,
    );
    return row?.found === true;
  }

  /** Works out the states of up to `limit` orders, the latest first; none while another process is at it. */
  workOut(limit: number): Promise<number> {
    return this.#database.query('working out states', async (sql) => {
      const done = await sql.unsafe(WORK_OUT_STATES, [sql.array(STATE_OF_BITS, 'TEXT'), limit]);
      return done.count;
    });
  }

  /** Compares the counts with all orders and mends them. @returns false when another process is at it */
  recount(): Promise<boolean> {
    return this.#database.transaction(RECOUNT_MS, async (tx) => {
      const mine: unknown[] = await tx`select from order_state_recount for update skip locked`;
      if (mine.length === 0) return false;
      await tx.unsafe(`set local statement_timeout = ${RECOUNT_MS}`);
      await tx.unsafe(RECOUNT);
      await tx`update order_state_recount set counted_at = now()`;
      return true;
    });
  }
}

/** A state as the database gives it, or as the bits of its items say. */
export function readState(stored: unknown, bits: unknown): OrderState {
  return typeof stored === 'string' && isOrderState(stored) ? stored : orderStateOf(Number(bits ?? 0));
}
