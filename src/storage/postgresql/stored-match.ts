import type { TransactionSQL } from 'bun';
import type { Order } from '../../order/order.ts';
import { sameOrders } from '../../order/version.ts';
import type { RowValue } from './database.ts';
import { ORDER_JSON } from './order-store.ts';
import { ROW_TEXT } from './row-text.ts';

/** An order of a message, to be looked for. */
export interface SoughtOrder {
  readonly uid: string;
  readonly partition: number;
  readonly offset: number;
  /** As `writeRowText` writes it; undefined where it can't. */
  readonly text: string | undefined;
  readonly order: Order;
}

/** What is stored under an order's uid, compared with that order. */
export interface StoredMatch {
  /** Equal in every field. */
  readonly same: boolean;
  /** Where the stored one came from. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** It was stored from an earlier topic of the same name, whose offsets mean nothing any more. */
  readonly earlier: boolean;
  /** ms since the Unix epoch, with a fraction where there are microseconds. */
  readonly producedAt: number;
  readonly storedAt: number;
}

const FROM = 'from orders o where o.order_uid = any($1)';
const SOURCE = `o.source_topic, o.source_partition, o.source_offset, coalesce(o.stored_at <= $2::timestamptz, false)`;

/**
 * Columns: order_uid, the order as text, source topic, partition, offset, whether stored at `$2` or before, produced_at
 * and stored_at in µs since the Unix epoch, exact up to the year 2242. `$1` is a text[] of uids.
 */
const SELECT_TEXTS = `select o.order_uid, ${ROW_TEXT}, ${SOURCE},
  round(date_part('epoch', o.produced_at) * 1000000), round(date_part('epoch', o.stored_at) * 1000000) ${FROM}`;

/** The same with the order as JSON, instants in ms, exact, and whether the items have the positions 1, 2, 3, …. */
const SELECT_DOCUMENTS = `select o.order_uid, ${ORDER_JSON}, ${SOURCE},
  (extract(epoch from o.produced_at) * 1000)::float8, (extract(epoch from o.stored_at) * 1000)::float8,
  (select min(position) = 1 and max(position) = count(*) from order_items where order_uid = o.order_uid) ${FROM}`;

/** 2242-01-01 in ms since the Unix epoch. */
const EXACT_UNTIL_MS = 8_583_494_400_000;

/**
 * What is stored under each order's uid, in the order given; undefined where nothing is. `earlierUntil` is the instant,
 * in RFC 3339, up to which orders were stored from earlier topics of the same name; null when there was none.
 *
 * Texts tell most of it. Only an order that they do not show to be the same, or to be replaced by a later message of
 * its partition, is read and compared once more, field by field.
 */
export async function matchesOf(
  tx: TransactionSQL,
  orders: readonly SoughtOrder[],
  earlierUntil: string | null,
): Promise<readonly (StoredMatch | undefined)[]> {
  const rows = async (sql: string, uids: Iterable<string>): Promise<Map<string, RowValue[]>> => {
    const found: RowValue[][] = await tx.unsafe(sql, [tx.array([...uids], 'TEXT'), earlierUntil]).values();
    return new Map(found.map((row) => [String(row[0]), row]));
  };
  const texts = await rows(SELECT_TEXTS, new Set(orders.map(({ uid }) => uid)));
  const doubtful = new Set<string>();
  const matches = orders.map((sought) => {
    const row = texts.get(sought.uid);
    if (row === undefined) return undefined;
    const match = matchOf(row, sought.text === row[1], 1000);
    const { same, earlier, partition, offset, producedAt, storedAt } = match;
    const replaced = sought.text !== undefined && !earlier && partition === sought.partition && offset > sought.offset;
    if ((!same && !replaced) || producedAt > EXACT_UNTIL_MS || storedAt > EXACT_UNTIL_MS) doubtful.add(sought.uid);
    return match;
  });
  if (doubtful.size === 0) return matches;
  const documents = await rows(SELECT_DOCUMENTS, doubtful);
  return orders.map(({ uid, order }, at) => {
    const row = doubtful.has(uid) ? documents.get(uid) : undefined;
    if (row === undefined) return matches[at];
    // The fields alone do not tell the positions 1, 2 from 1, 7.
    return matchOf(row, row[8] === true && sameOrders(String(row[1]), JSON.stringify(order)), 1);
  });
}

function matchOf(row: readonly RowValue[], same: boolean, unitsPerMs: number): StoredMatch {
  const [, , topic, partition, offset, earlier, producedAt, storedAt] = row;
  return {
    same,
    topic: String(topic),
    partition: Number(partition),
    offset: Number(offset),
    earlier: earlier === true,
    producedAt: Number(producedAt) / unitsPerMs,
    storedAt: Number(storedAt) / unitsPerMs,
  };
}
