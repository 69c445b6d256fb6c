import type { TransactionSQL } from 'bun';
import { AppError } from '../../lib/app-error.ts';
import { firstDifference } from '../../order/same-order.ts';
import { COPY_ITEMS, COPY_ORDERS, CopyEncoder, type IncomingOrder } from './copy-encoding.ts';
import type { Database } from './database.ts';
import { type Field, readOrders, SELECT_ORDERS } from './order-rows.ts';
import { classifySqlError, toDatabaseError } from './sql-error.ts';

/** How far a partition moves with a batch. */
export interface OffsetMove {
  readonly partition: number;
  /** What must be stored now, or the batch is not ours to write. */
  readonly from: number;
  readonly to: number;
}

/** Orders to store and the offsets that move with them, in one transaction. */
export interface OrderBatch {
  /** The incarnation of the topic the offsets belong to. */
  readonly topicId: string;
  readonly moves: readonly OffsetMove[];
  /**
   * The orders in slices, in log order; called anew for every attempt. A slice is short, so that other work gets
   * its turn in between.
   */
  slices(): Iterable<readonly IncomingOrder[]>;
  /**
   * Awaited when all is written and nothing is committed; its rejection rolls back and is passed on. `changed` are
   * the orders that will say something else after the commit, be its answer lost or not.
   */
  beforeCommit(changed: readonly string[]): Promise<void>;
}

export interface BatchResult {
  /** Orders that were there before and say something else now. */
  readonly changed: readonly string[];
  readonly written: number;
  /** Identical to what was stored, or superseded within the batch. */
  readonly unchanged: number;
}

export interface OrderWriterOptions {
  readonly group: string;
  readonly topic: string;
  /** Time for one transaction. */
  readonly transactionTimeoutMs: number;
}

/** After how many batches without a known key the optimistic way is tried again. */
const CALM_BATCHES = 3;

/**
 * Writes batches of orders. A batch is first written by COPY as if all its keys were new; when one is not, the batch is
 * done again against what is stored: identical orders are left alone, changed ones replaced with their items.
 */
export class OrderWriter {
  readonly #database: Database;
  readonly #options: OrderWriterOptions;
  readonly #encoder: CopyEncoder;
  /** Batches left for which known keys are expected; a failed COPY costs more than looking first. */
  #expectKnown = 0;

  constructor(database: Database, options: OrderWriterOptions) {
    this.#database = database;
    this.#options = options;
    this.#encoder = new CopyEncoder(options.topic);
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
        return await this.#transaction((tx) => this.#copyAll(tx, batch));
      } catch (error) {
        const failure = classifySqlError(error);
        if (failure !== 'conflict' && failure !== 'retry') throw toDatabaseError(error, 'storing orders');
        this.#expectKnown = CALM_BATCHES;
      }
    }
    try {
      const result = await this.#transaction((tx) => this.#merge(tx, batch));
      this.#expectKnown = result.changed.length + result.unchanged > 0 ? CALM_BATCHES : this.#expectKnown - 1;
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

  #transaction<T>(work: (tx: TransactionSQL) => Promise<T>): Promise<T> {
    return this.#database.transaction(this.#options.transactionTimeoutMs, work);
  }

  async #copyAll(tx: TransactionSQL, batch: OrderBatch): Promise<BatchResult> {
    await this.#moveOffsets(tx, batch);
    const written = await this.#copy(tx, batch.slices());
    await batch.beforeCommit([]);
    return { changed: [], written, unchanged: 0 };
  }

  async #merge(tx: TransactionSQL, batch: OrderBatch): Promise<BatchResult> {
    await this.#moveOffsets(tx, batch);
    // The last message of a key counts. Sorted, so that two consumers lock common keys in the same order.
    const latest = new Map<string, IncomingOrder>();
    let total = 0;
    for (const slice of batch.slices()) {
      total += slice.length;
      for (const incoming of slice) latest.set(incoming.order.order_uid, incoming);
    }
    const uids = [...latest.keys()].sort();
    const changed = await this.#changedAmong(tx, uids, latest);
    if (changed.length > 0) {
      const list = tx.array(changed, 'TEXT');
      await tx`delete from order_items where order_uid = any(${list})`;
      await tx`delete from orders where order_uid = any(${list})`;
    }
    const fresh = uids.map((uid) => latest.get(uid)).filter((incoming) => incoming !== undefined);
    const written = await this.#copy(tx, sliced(fresh));
    await batch.beforeCommit(changed);
    return { changed, written, unchanged: total - written };
  }

  /** Locks what is stored of `uids`; takes the identical orders out of `latest`; answers which differ. */
  async #changedAmong(
    tx: TransactionSQL,
    uids: readonly string[],
    latest: Map<string, IncomingOrder>,
  ): Promise<string[]> {
    if (uids.length === 0) return [];
    const locked: { order_uid: string }[] = await tx`
      select order_uid from orders where order_uid = any(${tx.array([...uids], 'TEXT')})
      order by order_uid for update`;
    if (locked.length === 0) return [];
    const known = locked.map((row) => row.order_uid);
    const rows: Field[][] = await tx.unsafe(SELECT_ORDERS, [tx.array(known, 'TEXT')]).values();
    const stored = readOrders(rows);
    const changed: string[] = [];
    for (const uid of known) {
      const before = stored.get(uid);
      const now = latest.get(uid);
      if (now === undefined) continue;
      if (before !== undefined && firstDifference(before.order, now.order) === undefined) latest.delete(uid);
      else changed.push(uid);
    }
    return changed;
  }

  /** First of all, so that a consumer whose partition was taken over waits here and writes nothing. */
  async #moveOffsets(tx: TransactionSQL, { moves, topicId }: OrderBatch): Promise<void> {
    const { group, topic } = this.#options;
    const sorted = [...moves].sort((a, b) => a.partition - b.partition);
    for (const move of sorted) {
      const result = await tx`update consumer_offsets set next_offset = ${move.to}, updated_at = now()
        where group_id = ${group} and topic = ${topic} and topic_id = ${topicId}
          and partition = ${move.partition} and next_offset = ${move.from}`;
      if (result.count === 1) continue;
      throw new AppError('fenced', `partition ${move.partition} is not at offset ${move.from} any more`);
    }
  }

  async #copy(tx: TransactionSQL, slices: Iterable<readonly IncomingOrder[]>): Promise<number> {
    const items: string[] = [];
    let written = 0;
    const rows = (function* (encoder: CopyEncoder) {
      for (const slice of slices) {
        let orderRows = '';
        let itemRows = '';
        for (const incoming of slice) {
          orderRows += encoder.orderRow(incoming);
          itemRows += encoder.itemRows(incoming);
        }
        written += slice.length;
        items.push(itemRows);
        yield orderRows;
      }
    })(this.#encoder);
    await copyIn(tx, COPY_ORDERS, rows);
    if (written > 0) await copyIn(tx, COPY_ITEMS, items);
    return written;
  }
}

async function copyIn(tx: TransactionSQL, statement: string, chunks: Iterable<string>): Promise<void> {
  const query = tx.unsafe(statement);
  // The query is a promise of its own: unhandled, its rejection would end the process.
  const writer = query.writable().getWriter();
  writer.closed.catch(() => {});
  const outcome = query.then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    for (const chunk of chunks) {
      await writer.write(Buffer.from(chunk));
      // Encoding is work of the event loop's thread: between chunks everyone else gets a turn.
      await new Promise(setImmediate);
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw (await outcome) ?? error;
  }
  const failed = await outcome;
  if (failed !== undefined) throw failed;
}

function* sliced<T>(all: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < all.length; at += 250) yield all.slice(at, at + 250);
}
