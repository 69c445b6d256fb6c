import { randomUUID } from 'node:crypto';
import type { TransactionSQL } from 'bun';
import { AppError } from '../../lib/app-error.ts';
import { nextTurn } from '../../lib/next-turn.ts';
import { replaces, sameOrders } from '../../order/version.ts';
import { COPY_ITEMS, COPY_ORDERS, CopyRows, copyIn, drain, type OrderRows, pieces } from './copy-rows.ts';
import type { Database, RowValue } from './database.ts';
import { MergeRows } from './merge-rows.ts';
import type { Lineage } from './offset-store.ts';
import { readDocuments, SELECT_DOCUMENTS, type StoredJson } from './order-store.ts';
import { classifySqlError, isDuplicate, ranOutOfTime, toDatabaseError } from './sql-error.ts';
import { addCounts, count, type StoredState } from './state-counts.ts';

/** How far a partition moves with a batch. */
export interface OffsetMove {
  readonly partition: number;
  /** What must be stored now, or the batch is not ours to write. */
  readonly from: number;
  readonly to: number;
  /** Of the log before `to`. */
  readonly lineage: Lineage;
}

/** Orders to store and the offsets that move with them, in one transaction. */
export interface OrderBatch {
  /** The incarnation of the topic the offsets belong to. */
  readonly topicId: string;
  readonly moves: readonly OffsetMove[];
  /**
   * Adds the orders to `rows` in log order, a slice at each step; called anew for every attempt. A slice is short, so
   * that other work gets its turn in between.
   */
  slices(rows: OrderRows): Iterable<void>;
  /**
   * Awaited when all is written and nothing is committed; its rejection, an AppError, rolls back and is passed on.
   * `changed` are the orders that the commit changes, even if its answer is lost.
   */
  beforeCommit(changed: readonly string[]): Promise<void>;
}

export interface BatchResult {
  /** Orders that were stored before and have changed now. */
  readonly changed: readonly string[];
  readonly written: number;
  /** Identical to what was stored, or superseded within the batch. */
  readonly unchanged: number;
  /** Uids of orders that another partition has a version of, too; the newest is stored. */
  readonly scattered: readonly string[];
  /** Id of the note of the changes in `pending_invalidations`, if one was written. */
  readonly note?: string;
}

export interface OrderWriterOptions {
  readonly group: string;
  readonly topic: string;
  /** Time for one transaction. */
  readonly transactionTimeoutMs: number;
  /** Note changed orders in the same transaction, so that the cache can be told. */
  readonly noteChanges: boolean;
  /** Age of a stored order, ms, from which on an identical one replaces it; never by default. */
  readonly renewalAgeMs?: number;
}

/** After this many orders without a known key the optimistic way is tried again; later each time it fails. */
const CALM_ORDERS = { least: 100, most: 25_600, growth: 4 };

/**
 * Writes batches of orders. A batch is first written by COPY as if all its keys were new. When one is not, the batch is
 * merged with what is stored: identical orders stay, changed ones are replaced with their items. Within a partition the
 * log says which version is later, across partitions the time of production does.
 */
export class OrderWriter {
  readonly #database: Database;
  readonly #options: OrderWriterOptions;
  /** Row buffers not in use by a transaction. */
  readonly #spare: CopyRows[] = [];
  /** How many more orders may have known keys: a failed COPY costs more than looking first, and the server logs it. */
  #expectKnown = 0;
  #calm = CALM_ORDERS.least;

  constructor(database: Database, options: OrderWriterOptions) {
    this.#database = database;
    this.#options = options;
  }

  /**
   * Stores the batch and moves its offsets, all or nothing.
   * @throws AppError `fenced` when a partition is not where the batch expects it: written by someone else, or by an
   * earlier attempt whose answer was lost; `database_rejected` when the data itself is refused; `database_unavailable`
   * (retryable) otherwise; and whatever `beforeCommit` rejects with.
   */
  async write(batch: OrderBatch): Promise<BatchResult> {
    if (this.#expectKnown === 0) {
      try {
        const result = await this.#transaction((tx, rows) => this.#copyAll(tx, batch, rows));
        this.#calm = Math.max(CALM_ORDERS.least, this.#calm - result.written);
        return result;
      } catch (error) {
        // A unique index that somebody added may report a known order before our own key does.
        if (!isDuplicate(error) && classifySqlError(error) !== 'retry') throw toDatabaseError(error, 'storing orders');
        this.#calm = Math.min(CALM_ORDERS.most, this.#calm * CALM_ORDERS.growth);
        this.#expectKnown = this.#calm;
      }
    }
    try {
      const result = await this.#transaction((tx, rows) => this.#merge(tx, batch, rows));
      const known = result.changed.length + result.unchanged > 0;
      this.#expectKnown = known ? this.#calm : Math.max(0, this.#expectKnown - result.written);
      return result;
    } catch (error) {
      // A key that another consumer added meanwhile: the next attempt sees it.
      if (classifySqlError(error) === 'conflict') {
        throw new AppError('database_unavailable', 'another consumer stores the same orders', {
          retryable: true,
          cause: error,
        });
      }
      throw toDatabaseError(error, 'storing orders');
    }
  }

  async #transaction<T>(work: (tx: TransactionSQL, rows: CopyRows) => Promise<T>): Promise<T> {
    const { topic, transactionTimeoutMs } = this.#options;
    const rows = this.#spare.pop() ?? new CopyRows(topic);
    try {
      const result = await this.#database.transaction(transactionTimeoutMs, (tx) => work(tx, rows));
      // Not after a failure: an abandoned transaction may still read them.
      rows.clear();
      this.#spare.push(rows);
      return result;
    } catch (error) {
      if (ranOutOfTime(error)) await endStaleTransactions(this.#database, transactionTimeoutMs).catch(() => {});
      throw error;
    }
  }

  async #copyAll(tx: TransactionSQL, batch: OrderBatch, rows: CopyRows): Promise<BatchResult> {
    await this.#moveOffsets(tx, batch);
    await copyIn(tx, COPY_ORDERS, drain(batch.slices(rows), rows.orders));
    if (rows.count > 0) await copyIn(tx, COPY_ITEMS, pieces(rows.items));
    await addCounts(tx, shardOf(batch), rows.states);
    await batch.beforeCommit([]);
    return { changed: [], written: rows.count, unchanged: 0, scattered: [] };
  }

  async #merge(tx: TransactionSQL, batch: OrderBatch, rows: CopyRows): Promise<BatchResult> {
    await this.#moveOffsets(tx, batch);
    const merge = new MergeRows(rows);
    for (const _ of batch.slices(merge)) await nextTurn();
    const changed = await this.#changedAmong(tx, batch, merge);
    const note = changed.length > 0 && this.#options.noteChanges ? randomUUID() : undefined;
    let gone: { state: StoredState; orders: number }[] = [];
    if (changed.length > 0) {
      const list = tx.array(changed, 'TEXT');
      if (note === undefined) await tx`delete from order_items where order_uid = any(${list})`;
      // One statement, so that it takes no round trip of its own.
      else
        await tx`with noted as (insert into pending_invalidations (id, order_uids) values (${note}::uuid, ${list}))
          delete from order_items where order_uid = any(${list})`;
      gone = await tx`with gone as (delete from orders where order_uid = any(${list}) returning state)
        select coalesce(state, '') as state, count(*)::int as orders from gone group by state`;
    }
    const { orders, items, written, states } = merge.collect();
    for (const { state, orders: fewer } of gone) count(states, state, -fewer);
    if (written > 0) {
      await copyIn(tx, COPY_ORDERS, pieces(orders));
      await copyIn(tx, COPY_ITEMS, pieces(items));
    }
    await addCounts(tx, shardOf(batch), states);
    await batch.beforeCommit(changed);
    const result = { changed, written, unchanged: merge.total - written, scattered: [...merge.scattered] };
    return note === undefined ? result : { ...result, note };
  }

  /**
   * Locks what is stored of the batch's orders; removes from the batch the identical ones and those of which another
   * partition's newer version is stored; returns those that differ. An identical order that is newer replaces that
   * version, so that later ones are compared with it.
   */
  async #changedAmong(tx: TransactionSQL, { topicId }: OrderBatch, merge: MergeRows): Promise<string[]> {
    const uids = merge.uids();
    if (uids.length === 0) return [];
    const locked: { order_uid: string }[] = await tx`
      select order_uid from orders where order_uid = any(${tx.array(uids, 'TEXT')})
      order by order_uid for update`;
    if (locked.length === 0) return [];
    const known = locked.map((row) => row.order_uid);
    const rows: RowValue[][] = await tx.unsafe(SELECT_DOCUMENTS, [tx.array(known, 'TEXT')]).values();
    const stored = readDocuments(rows);
    const elsewhere = await this.#fromOtherPartitions(tx, topicId, stored, merge);
    const changed: string[] = [];
    const renewBefore = Date.now() - (this.#options.renewalAgeMs ?? Number.POSITIVE_INFINITY);
    for (const uid of known) {
      const before = stored.get(uid);
      const now = merge.version(uid);
      const json = merge.json(uid);
      if (before === undefined || now === undefined || json === undefined) changed.push(uid);
      else if (elsewhere.has(uid)) {
        merge.scattered.add(uid);
        if (replaces(now, before.origin)) changed.push(uid);
        else merge.remove(uid);
      } else if (before.origin.storedAt >= renewBefore && sameOrders(before.json, json)) merge.remove(uid);
      else changed.push(uid);
    }
    return changed;
  }

  /** Orders whose stored version came from another partition of this topic, not from an earlier topic of its name. */
  async #fromOtherPartitions(
    tx: TransactionSQL,
    topicId: string,
    stored: ReadonlyMap<string, StoredJson>,
    merge: MergeRows,
  ): Promise<ReadonlySet<string>> {
    const { topic } = this.#options;
    const uids = [...stored].flatMap(([uid, { origin }]) =>
      origin.topic === topic && origin.partition !== merge.version(uid)?.partition ? [uid] : [],
    );
    if (uids.length === 0) return new Set();
    // Orders and the offsets of their batch have the same instant.
    const rows: { order_uid: string }[] = await tx`
      select order_uid from orders where order_uid = any(${tx.array(uids, 'TEXT')}) and stored_at > coalesce(
        (select max(updated_at) from consumer_offsets where topic = ${topic} and topic_id <> ${topicId}), '-infinity')`;
    return new Set(rows.map((row) => row.order_uid));
  }

  /** First of all, so that a consumer whose partition was taken over waits here and writes nothing. */
  async #moveOffsets(tx: TransactionSQL, { moves, topicId }: OrderBatch): Promise<void> {
    const { group, topic } = this.#options;
    const sorted = [...moves].sort((a, b) => a.partition - b.partition);
    const column = (pick: (move: OffsetMove) => number) => tx.array(sorted.map(pick), 'BIGINT');
    const moved = await tx`update consumer_offsets c set next_offset = m.next, lineage_offset = m.next,
        leader_epoch = m.epoch, epoch_start = m.epoch_start, last_record_offset = m.last_record,
        last_record_crc = m.last_crc, updated_at = now()
      from unnest(${column((move) => move.partition)}::int[], ${column((move) => move.from)}::bigint[],
        ${column((move) => move.to)}::bigint[], ${column(({ lineage }) => lineage.leaderEpoch)}::bigint[],
        ${column(({ lineage }) => lineage.epochStart)}::bigint[], ${column(({ lineage }) => lineage.lastOffset)}::bigint[],
        ${column(({ lineage }) => lineage.lastCrc)}::bigint[])
        as m (partition, expected, next, epoch, epoch_start, last_record, last_crc)
      where c.group_id = ${group} and c.topic = ${topic} and c.topic_id = ${topicId}
        and c.partition = m.partition and c.next_offset = m.expected`;
    if (moved.count === moves.length) return;
    const partitions = sorted.map((move) => `${move.partition} at ${move.from}`).join(', ');
    throw new AppError('fenced', `not every partition is where it was expected: ${partitions}`);
  }
}

/** A partition whose offset this transaction has locked, so that no other one of its group counts there. */
function shardOf({ moves }: OrderBatch): number {
  return moves[0]?.partition ?? 0;
}

/**
 * Ends this user's transactions that have changed offsets, or have waited to, for longer than `olderThanMs`: every
 * consumer gives up its own before that. PostgreSQL does not notice by itself when a consumer's machine or network is
 * gone; in a COPY that waits for data no server-side time-out applies, and the offsets' rows would stay locked for
 * hours.
 * @returns how many it ended.
 * @throws AppError `database_unavailable`.
 */
function endStaleTransactions(database: Database, olderThanMs: number): Promise<number> {
  return database.query('ending stale transactions', async (sql) => {
    const ended: unknown[] = await sql`
      select pg_terminate_backend(a.pid) from pg_stat_activity a
      where a.datname = current_database() and a.usename = current_user and a.pid <> pg_backend_pid()
        and a.xact_start < clock_timestamp() - make_interval(secs => ${olderThanMs / 1000})
        and exists (select from pg_locks l where l.pid = a.pid and l.mode = 'RowExclusiveLock'
          and l.relation = 'consumer_offsets'::regclass)`;
    return ended.length;
  });
}
