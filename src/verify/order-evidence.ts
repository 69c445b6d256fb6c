import { replaces, type Version } from '../order/version.ts';
import type { SourceRow } from '../storage/postgresql/stored-snapshot.ts';
import type { TempStore } from './temp-store.ts';

/** The last message of an order in one partition, while what is stored came from another. */
export interface Scattered extends SourceRow {
  /** When it was produced, ms since the Unix epoch. */
  readonly at: number;
  /** It says what is stored. */
  readonly same: boolean;
}

/** An order whose versions came from several partitions. */
export interface ScatteredOrder extends SourceRow {
  /** Where it is stored from. */
  readonly storedFrom: number;
  /** Another partition has a newer version of it that says something else. */
  readonly outdated: boolean;
}

/** What one share of the partitions has to tell those that judge the whole, by the methods of OrderEvidence. */
export type OrderEntry =
  | { readonly suspect: SourceRow }
  | { readonly sighted: { readonly orderUid: string; readonly partition: number } }
  | { readonly scattered: Scattered; readonly stored: Version };

const SCHEMA = `
  create table evidence.suspects (orderUid text, partition integer, "offset" integer,
    primary key (orderUid, partition)) without rowid;
  create table evidence.scattered (orderUid text, partition integer, "offset" integer, at integer, same integer,
    storedFrom integer, storedAt integer, primary key (orderUid, partition)) without rowid;
  create table evidence.sightings (orderUid text, partition integer, primary key (orderUid, partition)) without rowid;
  create table evidence.altered (orderUid text primary key) without rowid;`;

const UNALTERED = 'not exists (select 1 from altered a where a.orderUid = s.orderUid)';

/**
 * What messages showed of orders, for and against each other, whatever partitions they are in: the outcome does not
 * depend on the order in which partitions are read, nor on who has read them.
 */
export class OrderEvidence {
  readonly #store: TempStore;

  constructor(store: TempStore) {
    store.run(SCHEMA);
    this.#store = store;
  }

  /** The stored contents of the order are older than a message that was passed. */
  suspect({ orderUid, partition, offset }: SourceRow): void {
    this.#store.prepare('insert or replace into suspects values (?, ?, ?)').run(orderUid, partition, offset);
  }

  /** A later message of the partition says what is stored. */
  acquit(orderUid: string, partition: number): void {
    this.#store.prepare('delete from suspects where orderUid = ? and partition = ?').run(orderUid, partition);
  }

  /** A message says what is stored, and stands in another partition than what is stored came from. */
  sighted(orderUid: string, partition: number): void {
    this.#store.prepare('insert or ignore into sightings values (?, ?)').run(orderUid, partition);
  }

  /** A message whose order is stored from another partition, or from an older message of its own partition. */
  scattered({ orderUid, partition, offset, at, same }: Scattered, stored: Version): void {
    const insert = this.#store.prepare('insert or replace into scattered values (?, ?, ?, ?, ?, ?, ?)');
    insert.run(orderUid, partition, offset, at, same ? 1 : 0, stored.partition, stored.producedAt);
  }

  /** Its stored contents are known to be wrong, so what differs from them proves nothing more. */
  altered(orderUid: string): void {
    this.#store.prepare('insert or ignore into altered values (?)').run(orderUid);
  }

  add(entry: OrderEntry): void {
    if ('suspect' in entry) this.suspect(entry.suspect);
    else if ('sighted' in entry) this.sighted(entry.sighted.orderUid, entry.sighted.partition);
    else this.scattered(entry.scattered, entry.stored);
  }

  /** All of it, for `add` of another one. An order is altered where it is suspected, or nowhere. */
  *entries(): Iterable<OrderEntry> {
    for (const suspect of this.#pages<SourceRow>(`select * from suspects s where ${UNALTERED}`)) yield { suspect };
    for (const sighted of this.#pages<{ orderUid: string; partition: number }>('select * from sightings s where true'))
      yield { sighted };
    const rows = this.#pages<SourceRow & { at: number; same: number; storedFrom: number; storedAt: number }>(
      'select * from scattered s where true',
    );
    for (const { storedFrom, storedAt, same, ...row } of rows) {
      const stored = { partition: storedFrom, producedAt: storedAt };
      yield { scattered: { ...row, same: same === 1 }, stored };
    }
  }

  /**
   * Each order that is not stored from the only partition it is in, and of its other partitions the one with the newest
   * version. A clock that went back within the partition that is stored from makes nothing newer there.
   */
  *scatteredOrders(): Iterable<ScatteredOrder> {
    const rows = this.#grouped<Scattered & { storedFrom: number; newest: number }>(
      `select s.orderUid, s.partition, s."offset", s.storedFrom, s.same, max(s.at) as at, max(s.storedAt, coalesce(
          (select o.at from scattered o where o.orderUid = s.orderUid and o.partition = s.storedFrom), 0)) as newest
        from scattered s where s.partition <> s.storedFrom`,
    );
    for (const { orderUid, partition, offset, storedFrom, same, at, newest } of rows) {
      const stored = { partition: storedFrom, producedAt: newest };
      const outdated = !same && replaces({ partition, producedAt: at }, stored);
      yield { orderUid, partition, offset, storedFrom, outdated };
    }
  }

  /** Suspects that nothing speaks for, in their lowest partition. */
  *convicted(): Iterable<SourceRow> {
    yield* this.#grouped<SourceRow>(
      `select s.orderUid, min(s.partition) as partition, s."offset" from suspects s where ${UNALTERED}
        and not exists (select 1 from sightings g where g.orderUid = s.orderUid and g.partition <> s.partition)`,
    );
  }

  /** A row an order, page by page. */
  *#grouped<T extends { readonly orderUid: string }>(sql: string): Iterable<T> {
    let last = '';
    while (true) {
      const page = this.#store.all<T>(
        `${sql} and s.orderUid > ? group by s.orderUid order by s.orderUid limit 1000`,
        last,
      );
      yield* page;
      last = page.at(-1)?.orderUid ?? last;
      if (page.length < 1000) return;
    }
  }

  /** All rows, page by page. */
  *#pages<T extends { readonly orderUid: string; readonly partition: number }>(sql: string): Iterable<T> {
    let [uid, partition] = ['', -1];
    while (true) {
      const page = this.#store.all<T>(
        `${sql} and (s.orderUid, s.partition) > (?, ?) order by s.orderUid, s.partition limit 1000`,
        uid,
        partition,
      );
      yield* page;
      const end = page.at(-1);
      if (end === undefined || page.length < 1000) return;
      [uid, partition] = [end.orderUid, end.partition];
    }
  }
}
