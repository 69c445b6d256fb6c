import { SQL, type TransactionSQL } from 'bun';
import type { Order } from '../../order/order.ts';
import { firstDifference } from '../../order/version.ts';
import type { Database, RowValue } from './database.ts';
import type { LogCut, LostRange, OffsetScope } from './offset-store.ts';
import { readDocuments, SELECT_DOCUMENTS } from './order-store.ts';
import { ROW_TEXT_SETTINGS } from './row-text.ts';
import { toDatabaseError } from './sql-error.ts';
import { matchesOf, type SoughtOrder, type StoredMatch } from './stored-match.ts';

/** Offsets of a partition: `start` inclusive, `end` exclusive. */
export interface SourceRange {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** How many orders came from a stretch of a partition: bucket 0 begins at the range's start. */
interface SourceBucket {
  readonly partition: number;
  readonly bucket: number;
  readonly orders: number;
}

/** A stored order's uid and source. */
export interface SourceRow {
  readonly orderUid: string;
  readonly partition: number;
  readonly offset: number;
}

/** Their number, and the first of them. */
export interface Listed<T> {
  readonly count: number;
  readonly first: readonly T[];
}

/** The snapshot, or what stands in for it. */
export type StoredState = Pick<StoredSnapshot, keyof StoredSnapshot>;

/** The longest a timer can wait. */
const NO_DEADLINE_MS = 2_147_483_647;

/**
 * Runs `work` on the database as it is now, in one read-only transaction that does not see later changes.
 * `snapshot` is what `shared` has given to `work` in another process: both see the same rows. It is good as long as that
 * other work goes on.
 * @throws AppError `database_unavailable` (retryable); and whatever `work` rejects with.
 * @see https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION
 */
export async function withStoredSnapshot<T>(
  database: Database,
  scope: OffsetScope,
  work: (state: StoredState, shared: () => Promise<string>) => Promise<T>,
  snapshot?: string,
): Promise<T> {
  try {
    return await database.transaction(NO_DEADLINE_MS, async (tx) => {
      await tx.unsafe('set transaction isolation level repeatable read, read only');
      if (snapshot !== undefined) await tx.unsafe(`set transaction snapshot '${snapshot.replace(/[^\w-]/g, '')}'`);
      // Counting a large table takes longer than any statement of the service, and a slow topic leaves the session
      // idle.
      await tx.unsafe('set local statement_timeout = 0');
      await tx.unsafe('set local idle_in_transaction_session_timeout = 0');
      await tx.unsafe(ROW_TEXT_SETTINGS).simple();
      const shared = async (): Promise<string> => {
        const rows: { id: string }[] = await tx`select pg_export_snapshot() as id`;
        return rows[0]?.id ?? '';
      };
      return await work(new StoredSnapshot(tx, scope, await earlierUntil(tx, scope)), shared);
    });
  } catch (error) {
    throw error instanceof SQL.SQLError ? toDatabaseError(error, 'reading what is stored') : error;
  }
}

/** RFC 3339. Orders share the instant of their batch's offsets, so everything up to it is of earlier topics. */
async function earlierUntil(tx: TransactionSQL, scope: OffsetScope): Promise<string | null> {
  const rows: { until: string | null }[] = await tx`
    select to_char(max(updated_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as until from consumer_offsets
    where topic = ${scope.topic} and topic_id <> ${scope.topicId}`;
  return rows[0]?.until ?? null;
}

/**
 * The database at one instant: every call sees the same rows, whatever is written meanwhile. Offsets and orders are
 * written in one transaction, so they match exactly. Calls must not overlap. Every call throws AppError
 * `database_unavailable`.
 */
class StoredSnapshot {
  readonly #tx: TransactionSQL;
  readonly #scope: OffsetScope;
  readonly #earlierUntil: string | null;

  constructor(tx: TransactionSQL, scope: OffsetScope, until: string | null) {
    this.#tx = tx;
    this.#scope = scope;
    this.#earlierUntil = until;
  }

  /** What is stored under each order's uid, in the order given; undefined where nothing is. */
  compare(orders: readonly SoughtOrder[]): Promise<readonly (StoredMatch | undefined)[]> {
    return matchesOf(this.#tx, orders, this.#earlierUntil);
  }

  /** JSON Pointer of the first field in which the stored order differs; undefined if none does or it is not stored. */
  async difference(order: Order): Promise<string | undefined> {
    const uid = order.order_uid;
    const rows: RowValue[][] = await this.#tx.unsafe(SELECT_DOCUMENTS, [this.#tx.array([uid], 'TEXT')]).values();
    const stored = readDocuments(rows).get(uid);
    return stored && firstDifference(order, JSON.parse(stored.json));
  }

  /** The next offset of each partition the group has begun. */
  async nextOffsets(): Promise<Map<number, number>> {
    const { group, topic, topicId } = this.#scope;
    const rows: { partition: number; next_offset: string }[] = await this.#tx`
      select partition, next_offset from consumer_offsets
      where group_id = ${group} and topic = ${topic} and topic_id = ${topicId}`;
    return new Map(rows.map((row) => [row.partition, Number(row.next_offset)]));
  }

  /** When any group last moved its offset of each partition of the topic, ms since the Unix epoch. */
  async movedAt(): Promise<ReadonlyMap<number, number>> {
    const rows: { partition: number; at: number }[] = await this.#tx`
      select partition, (extract(epoch from max(updated_at)) * 1000)::float8 as at from consumer_offsets
      where topic = ${this.#scope.topic} group by partition`;
    return new Map(rows.map((row) => [row.partition, row.at]));
  }

  /** The end of earlier topics of the same name, ms since the Unix epoch; undefined when there was none. */
  async earlierUntil(): Promise<number | undefined> {
    return this.#earlierUntil === null ? undefined : Date.parse(this.#earlierUntil);
  }

  /** Up to then a message may be of an order that was deleted for its age, ms since the Unix epoch; undefined: none is. */
  async expiredUntil(): Promise<number | undefined> {
    const rows: { until: number }[] = await this.#tx`
      select (extract(epoch from sent_before) * 1000)::float8 as until from order_expiry
      where sent_before > '-infinity'`;
    return rows[0]?.until;
  }

  /** What the group has recorded as lost. */
  async lostRanges(limit: number): Promise<Listed<LostRange>> {
    const { group, topic, topicId } = this.#scope;
    const rows: RowValue[][] = await this.#tx`
      select count(*) over (), partition, from_offset, to_offset, reason from lost_ranges
      where group_id = ${group} and topic = ${topic} and topic_id = ${topicId}
      order by partition, from_offset limit ${limit}`.values();
    return listed(rows, ([partition, from, to, reason]) => ({
      partition: Number(partition),
      from: Number(from),
      to: Number(to),
      reason: reason === 'log_truncated' ? 'log_truncated' : 'retention',
    }));
  }

  /** What the group has recorded as stored and then cut off the log. */
  async logCuts(): Promise<readonly LogCut[]> {
    const { group, topic, topicId } = this.#scope;
    const rows: RowValue[][] = await this.#tx`
      select partition, from_offset, to_offset from log_cuts
      where group_id = ${group} and topic = ${topic} and topic_id = ${topicId}
      order by partition, id`.values();
    return rows.map(([partition, from, to]) => ({ partition: Number(partition), from: Number(from), to: Number(to) }));
  }

  /** Condition on rows of `orders`, called `o`: not stored from what was later cut off the log. */
  #notCut(): unknown {
    const { topic, topicId } = this.#scope;
    return this.#tx`not exists (select from log_cuts c
      where c.topic = ${topic} and c.topic_id = ${topicId} and c.partition = o.source_partition
        and o.source_offset >= c.from_offset and o.source_offset < c.to_offset and o.stored_at <= c.detected_at)`;
  }

  /** Orders by source; empty stretches are left out, and so, here and below, are orders of what was cut off the log. */
  async countBySource(ranges: readonly SourceRange[], bucketSize: number): Promise<readonly SourceBucket[]> {
    const tx = this.#tx;
    const partitions = tx.array(
      ranges.map((range) => range.partition),
      'INT',
    );
    const starts = tx.array(
      ranges.map((range) => range.start),
      'BIGINT',
    );
    const ends = tx.array(
      ranges.map((range) => range.end),
      'BIGINT',
    );
    const rows: RowValue[][] = await tx`
      select r.partition, (o.source_offset - r.first) / ${bucketSize}::bigint, count(*)
      from orders o
      join unnest(${partitions}::int[], ${starts}::bigint[], ${ends}::bigint[]) as r (partition, first, past)
        on r.partition = o.source_partition and o.source_offset >= r.first and o.source_offset < r.past
      where o.source_topic = ${this.#scope.topic} and ${this.#notCut()}
        and (${this.#earlierUntil}::timestamptz is null or o.stored_at > ${this.#earlierUntil}::timestamptz)
      group by 1, 2`.values();
    return rows.map(([partition, bucket, orders]) => ({
      partition: Number(partition),
      bucket: Number(bucket),
      orders: Number(orders),
    }));
  }

  /** Orders that came from the range, by offset. */
  async ordersFrom(range: SourceRange, limit: number): Promise<readonly SourceRow[]> {
    const rows: RowValue[][] = await this.#tx`
      select order_uid, source_partition, source_offset from orders o
      where source_topic = ${this.#scope.topic} and source_partition = ${range.partition}
        and source_offset >= ${range.start} and source_offset < ${range.end} and ${this.#notCut()}
        and (${this.#earlierUntil}::timestamptz is null or stored_at > ${this.#earlierUntil}::timestamptz)
      order by source_offset, order_uid limit ${limit}`.values();
    return rows.map(sourceRow);
  }

  /**
   * Orders said to come from offsets at or past the partition's end or below 0, from partitions that are not among
   * them, or from a topic that no group has stored orders of.
   */
  async ordersOfNowhere(ends: ReadonlyMap<number, number>, limit: number): Promise<Listed<SourceRow>> {
    const tx = this.#tx;
    const partitions = tx.array([...ends.keys()], 'INT');
    const offsets = tx.array([...ends.values()], 'BIGINT');
    const rows: RowValue[][] = await tx`
      select count(*) over (), o.order_uid, o.source_partition, o.source_offset from orders o
      left join unnest(${partitions}::int[], ${offsets}::bigint[]) as r (partition, past)
        on r.partition = o.source_partition
      where (o.source_topic = ${this.#scope.topic} and ${this.#notCut()}
          and (o.source_offset >= coalesce(r.past, 0) or o.source_offset < 0)
          and (${this.#earlierUntil}::timestamptz is null or o.stored_at > ${this.#earlierUntil}::timestamptz))
        or o.source_topic not in (select topic from consumer_offsets union select ${this.#scope.topic}::text)
      order by o.source_partition, o.source_offset limit ${limit}`.values();
    return listed(rows, sourceRow);
  }

  /** Uids of items whose order is missing, of any topic. */
  async itemsWithoutOrder(limit: number): Promise<Listed<string>> {
    const rows: RowValue[][] = await this.#tx`
      select count(*) over (), order_uid from order_items i
      where not exists (select from orders o where o.order_uid = i.order_uid)
      group by order_uid order by order_uid limit ${limit}`.values();
    return listed(rows, ([uid]) => String(uid));
  }

  /** Orders without items, of this topic. */
  async ordersWithoutItems(limit: number): Promise<Listed<SourceRow>> {
    const rows: RowValue[][] = await this.#tx`
      select count(*) over (), order_uid, source_partition, source_offset from orders o
      where source_topic = ${this.#scope.topic}
        and not exists (select from order_items i where i.order_uid = o.order_uid)
      order by order_uid limit ${limit}`.values();
    return listed(rows, sourceRow);
  }
}

function sourceRow([uid, partition, offset]: readonly (RowValue | undefined)[]): SourceRow {
  return { orderUid: String(uid), partition: Number(partition), offset: Number(offset) };
}

/** Rows whose first column is their number without the limit. */
function listed<T>(rows: readonly (readonly RowValue[])[], read: (row: readonly RowValue[]) => T): Listed<T> {
  return { count: Number(rows[0]?.[0] ?? 0), first: rows.map((row) => read(row.slice(1))) };
}
