import pLimit from 'p-limit';
import type { ListOrder, ListPage, ListPosition, ListRequest, OrderListing } from '../order-listing.ts';
import type { OrderSummary } from '../order-store.ts';
import type { Database } from './database.ts';
import { ORDER_JSON } from './order-documents.ts';
import { addEnd, addFilter, addPosition, addStoredRange, Conditions, isSelective } from './order-filter.ts';
import { type Field, trimInstant } from './order-rows.ts';

export interface OrderListingOptions {
  /** Time after which a page that is not full is given as it is, ms; the stretch begun by then is still read to its end. */
  readonly budgetMs?: number;
  /** The lengths of the stretches that are looked through one after the other, in orders; the last one is repeated. */
  readonly stretches?: readonly number[];
  /** Most queries at once, so that lists leave sessions for lookups; the others wait. */
  readonly maxQueries?: number;
}

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;
const MICROS = '(extract(epoch from o.stored_at) * 1000000)::bigint';

/** First the place of an order in the list, then what is asked for. */
const POSITION_LIST = `${MICROS}, o.source_offset, o.order_uid`;
const SUMMARY_LIST = `${POSITION_LIST}, o.track_number, o.customer_id, o.delivery_name, o.delivery_city, o.payment_amount,
  o.payment_currency, (select count(*) from order_items i where i.order_uid = o.order_uid),
  to_char(o.date_created at time zone 'UTC', ${INSTANT}), to_char(o.stored_at at time zone 'UTC', ${INSTANT})`;
const TEXT_LIST = `${POSITION_LIST}, ${ORDER_JSON}`;

/**
 * OrderListing on PostgreSQL. All orders of a transaction share `stored_at`, so the index on it leads to a group, which is
 * sorted. A filter is held against the orders in stretches along that index until the page is full or the time is over, so
 * that no request takes long, however few orders match; only those of one customer are found by an index of their own, past the
 * first stretch.
 */
export class PostgresOrderListing implements OrderListing {
  readonly #database: Database;
  readonly #budgetMs: number;
  readonly #stretches: readonly number[];
  readonly #turn: ReturnType<typeof pLimit>;

  constructor(database: Database, options: OrderListingOptions = {}) {
    this.#database = database;
    this.#budgetMs = options.budgetMs ?? 1_000;
    this.#stretches = options.stretches ?? [10_000, 50_000, 200_000];
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

  async #page(request: ListRequest, list: string): Promise<ListPage<Field[]>> {
    const { filter, limit } = request;
    // One more than wanted tells whether there is a next page.
    if (!isSelective(filter)) return cut(await this.#read(list, request, limit + 1), limit);
    const deadline = performance.now() + this.#budgetMs;
    const rows: Field[][] = [];
    let { after } = request;
    for (let stretch = 0; ; stretch++) {
      const from = { ...request, after };
      const byCustomer = filter.customerId !== undefined && stretch > 0;
      const end = byCustomer ? undefined : await this.#endOfStretch(from, this.#length(stretch));
      rows.push(...(await this.#read(list, from, limit + 1 - rows.length, end, byCustomer)));
      if (rows.length > limit || end === undefined) return cut(rows, limit);
      after = { storedAt: end, offset: 0n, uid: '' };
      if (performance.now() > deadline) return { orders: rows, next: after };
    }
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

  #read(
    list: string,
    { filter, order, after }: ListRequest,
    limit: number,
    end?: bigint,
    byCustomer = false,
  ): Promise<Field[][]> {
    const conditions = new Conditions();
    addStoredRange(conditions, filter);
    addFilter(conditions, filter);
    if (after !== undefined) addPosition(conditions, after, order);
    if (end !== undefined) addEnd(conditions, end, order);
    const all = `orders o ${conditions.where}`;
    // The fence keeps the planner from walking along stored_at in the hope to meet enough orders of the customer soon.
    const source = byCustomer ? `(select * from ${all} offset 0) o` : all;
    const way = direction(order);
    // A row comparison needs one direction for all columns.
    const sorted = `order by o.stored_at ${way}, o.source_offset ${way}, o.order_uid ${way}`;
    // What is asked for is made after the page is cut.
    const text = `select ${list} from (select * from ${source} ${sorted} limit ${limit}) o ${sorted}`;
    return this.#run(text, conditions.values);
  }

  #run(text: string, values: string[]): Promise<Field[][]> {
    const run = () =>
      this.#database.query('listing orders', async (sql) => await sql.unsafe(text, values).values());
    return this.#turn(run);
  }
}

function direction(order: ListOrder): 'desc' | 'asc' {
  return order === 'newest' ? 'desc' : 'asc';
}

/** The first `limit` rows, and where to go on when there are more. */
function cut(rows: Field[][], limit: number): ListPage<Field[]> {
  const orders = rows.slice(0, limit);
  const last = orders.at(-1);
  return { orders, next: rows.length > limit && last !== undefined ? positionOf(last) : undefined };
}

function positionOf(row: readonly Field[]): ListPosition {
  return { storedAt: BigInt(row[0] ?? 0), offset: BigInt(row[1] ?? 0), uid: String(row[2]) };
}

function readSummary(row: readonly Field[]): OrderSummary {
  return {
    order_uid: String(row[2]),
    track_number: String(row[3]),
    customer_id: String(row[4]),
    delivery_name: String(row[5]),
    delivery_city: String(row[6]),
    amount: Number(row[7]),
    currency: String(row[8]),
    items: Number(row[9]),
    date_created: trimInstant(String(row[10])),
    stored_at: trimInstant(String(row[11])),
  };
}
