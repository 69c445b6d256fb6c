import pLimit from 'p-limit';
import type {
  ListOrder,
  ListPage,
  ListPosition,
  ListRequest,
  OrderFilter,
  OrderListing,
  OrderSummary,
} from '../stored-orders.ts';
import type { Database, RowValue } from './database.ts';
import {
  addEnd,
  addFilter,
  addIndexed,
  addPosition,
  addStates,
  addStoredRange,
  arrayText,
  Conditions,
  isSelective,
} from './order-filter.ts';
import { instantSql, ORDER_JSON } from './order-store.ts';
import { readState, StoredStates, stateBitsSql } from './state-counts.ts';

export interface OrderListingOptions {
  /** Time after which an incomplete page is returned, ms; the stretch begun by then is still read to its end. */
  readonly budgetMs?: number;
  /** Lengths of the stretches searched one after the other, in orders; the last one repeats. */
  readonly stretches?: readonly number[];
  /** Up to so many orders are read by an index that leads to them, and sorted. */
  readonly few?: number;
  /** Most concurrent queries, so that lists leave sessions for lookups; others wait. */
  readonly maxQueries?: number;
}

/** What to read at once: up to `limit` orders, up to `end` where it is given. */
interface Reading {
  readonly list: string;
  readonly request: ListRequest;
  readonly limit: number;
  readonly end?: bigint | undefined;
  /** Its indexed conditions lead to few orders. */
  readonly areFew?: boolean;
  /** Each state by its index. */
  readonly byState?: boolean;
  /** There are orders whose state is not stored. */
  readonly unknown?: boolean;
}

const MICROS = '(extract(epoch from o.stored_at) * 1000000)::bigint';

/** First an order's position in the list, then what is wanted of it. */
const POSITION_LIST = `${MICROS}, o.source_offset, o.order_uid`;
const SUMMARY_LIST = `${POSITION_LIST}, o.track_number, o.customer_id, o.delivery_name, o.delivery_city, o.payment_amount,
  o.payment_currency, (select count(*) from order_items i where i.order_uid = o.order_uid),
  ${instantSql('o.date_created')}, ${instantSql('o.stored_at')},
  o.state, case when o.state is null then ${stateBitsSql('o.order_uid')} end`;
const TEXT_LIST = `${POSITION_LIST}, ${ORDER_JSON}`;

/**
 * OrderListing on PostgreSQL. All orders of a transaction share `stored_at`, so the index on it leads to a group, which
 * is sorted. A filter is applied to stretches along that index until the page is full or the time is up, so that no
 * request takes long, however few orders match. Where a customer_id or the beginning of an order_uid leads to few
 * orders, all of those are read by its index; those of some states are read at once, each state by its index.
 */
export class PostgresOrderListing implements OrderListing {
  readonly #database: Database;
  readonly #states: StoredStates;
  readonly #budgetMs: number;
  readonly #stretches: readonly number[];
  readonly #few: number;
  readonly #turn: ReturnType<typeof pLimit>;

  constructor(database: Database, options: OrderListingOptions = {}) {
    this.#database = database;
    this.#states = new StoredStates(database);
    this.#budgetMs = options.budgetMs ?? 1_000;
    this.#stretches = options.stretches ?? [10_000, 50_000, 200_000];
    this.#few = options.few ?? 20_000;
    this.#turn = pLimit(options.maxQueries ?? 3);
  }

  async summaries(request: ListRequest): Promise<ListPage<OrderSummary>> {
    const { orders, next } = await this.#page(request, SUMMARY_LIST);
    return { orders: orders.map(readSummary), next };
  }

  async texts(request: ListRequest): Promise<ListPage<string>> {
    const { orders, next } = await this.#page(request, TEXT_LIST);
    return { orders: orders.map((row) => String(row[3])), next };
  }

  async #page(request: ListRequest, list: string): Promise<ListPage<RowValue[]>> {
    const { filter, limit } = request;
    const unknown = filter.states !== undefined && (await this.#states.anyUnknown());
    // One more than wanted tells whether there is a next page.
    if (!isSelective(filter) && !unknown)
      return cut(await this.#read({ list, request, limit: limit + 1, byState: filter.states !== undefined }), limit);
    if (await this.#areFew(filter))
      return cut(await this.#read({ list, request, limit: limit + 1, areFew: true, unknown }), limit);
    const deadline = performance.now() + this.#budgetMs;
    const rows: RowValue[][] = [];
    let { after } = request;
    for (let stretch = 0; ; stretch++) {
      const from = { ...request, after };
      const end = await this.#endOfStretch(from, this.#length(stretch));
      const left = limit + 1 - rows.length;
      rows.push(...(await this.#read({ list, request: from, limit: left, end, unknown })));
      if (rows.length > limit || end === undefined) return cut(rows, limit);
      after = { storedAt: end, offset: 0n, uid: '' };
      if (performance.now() > deadline) return { orders: rows, next: after };
    }
  }

  /** Whether the filter has conditions with an index, which lead to few orders. */
  async #areFew(filter: OrderFilter): Promise<boolean> {
    const conditions = new Conditions();
    addIndexed(conditions, filter);
    if (conditions.values.length === 0) return false;
    const text = `select count(*) from (select from orders o ${conditions.where} limit ${this.#few + 1}) some_orders`;
    const [row] = await this.#run(text, conditions.values);
    return Number(row?.[0]) <= this.#few;
  }

  #length(stretch: number): number {
    return this.#stretches[Math.min(stretch, this.#stretches.length - 1)] ?? 1;
  }

  /** When the last order of the stretch was stored; undefined when it takes in all that is left. */
  async #endOfStretch({ filter, order, after }: ListRequest, length: number): Promise<bigint | undefined> {
    const conditions = new Conditions();
    addStoredRange(conditions, filter);
    if (after !== undefined) addPosition(conditions, after, order);
    const text = `select ${MICROS} from orders o ${conditions.where}
order by o.stored_at ${direction(order)} offset ${length} limit 1`;
    const rows = await this.#run(text, conditions.values);
    const micros = rows[0]?.[0];
    return micros === undefined || micros === null ? undefined : BigInt(micros);
  }

  #read({ list, request, limit, end, areFew, byState, unknown }: Reading): Promise<RowValue[][]> {
    const { filter, order, after } = request;
    const conditions = new Conditions();
    addStoredRange(conditions, filter);
    addFilter(conditions, filter);
    if (byState === true) conditions.add('o.state = wanted.state');
    else addStates(conditions, filter, unknown === true);
    if (after !== undefined) addPosition(conditions, after, order);
    if (end !== undefined) addEnd(conditions, end, order);
    const way = direction(order);
    // A row comparison needs one direction for all columns.
    const sorted = `order by o.stored_at ${way}, o.source_offset ${way}, o.order_uid ${way}`;
    let source = `orders o ${conditions.where}`;
    // The fence keeps the planner from walking along stored_at in the hope of soon meeting enough of them.
    if (areFew === true) source = `(select * from ${source} offset 0) o`;
    if (byState === true) {
      const states = arrayText(filter.states ?? []);
      source = `unnest($${conditions.values.push(states)}::text[]) as wanted (state)
        cross join lateral (select * from ${source} ${sorted} limit ${limit}) o`;
    }
    // The wanted columns are computed after the page is cut.
    const text = `select ${list} from (select o.* from ${source} ${sorted} limit ${limit}) o ${sorted}`;
    return this.#run(text, conditions.values);
  }

  #run(text: string, values: string[]): Promise<RowValue[][]> {
    const run = () => this.#database.query('listing orders', async (sql) => await sql.unsafe(text, values).values());
    return this.#turn(run);
  }
}

function direction(order: ListOrder): 'desc' | 'asc' {
  return order === 'newest' ? 'desc' : 'asc';
}

/** The first `limit` rows, and where to go on when there are more. */
function cut(rows: RowValue[][], limit: number): ListPage<RowValue[]> {
  const orders = rows.slice(0, limit);
  const last = orders.at(-1);
  return { orders, next: rows.length > limit && last !== undefined ? positionOf(last) : undefined };
}

function positionOf(row: readonly RowValue[]): ListPosition {
  return { storedAt: BigInt(row[0] ?? 0), offset: BigInt(row[1] ?? 0), uid: String(row[2]) };
}

function readSummary(row: readonly RowValue[]): OrderSummary {
  return {
    order_uid: String(row[2]),
    track_number: String(row[3]),
    customer_id: String(row[4]),
    delivery_name: String(row[5]),
    delivery_city: String(row[6]),
    amount: Number(row[7]),
    currency: String(row[8]),
    items: Number(row[9]),
    date_created: String(row[10]),
    stored_at: String(row[11]),
    state: readState(row[12], row[13]),
  };
}
