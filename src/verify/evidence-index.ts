import { Database, type Statement } from 'bun:sqlite';
import { replaces, type Version } from '../order/version.ts';
import type { SourceRow } from '../storage/postgresql/stored-snapshot.ts';
import type { Letter } from './dead-letter-claim.ts';
import type { LineSpan, ManifestLine } from './manifest.ts';

/** Dead letters and manifest lines that no message of the log stands behind. */
export interface Unexplained {
  readonly partition: number;
  readonly offset: number;
  readonly detail: string;
  readonly at: number;
}

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

/** `gap`: a dead letter of an offset where the log has no message; `letter`: one that is not of the message there. */
export type UnexplainedKind = 'letter' | 'gap' | 'line';

const SCHEMA = `
  create table evidence.letters (partition integer, "offset" integer, letter text);
  create table evidence.lines (partition integer, "offset" integer, orderUid text, fault text, expectedReason text,
    step integer, state text, partial integer);
  create table evidence.unexplained (kind text, partition integer, "offset" integer, detail text, at integer);
  create table evidence.suspects (orderUid text primary key, partition integer, "offset" integer) without rowid;
  create table evidence.scattered (orderUid text, partition integer, "offset" integer, at integer, same integer,
    storedFrom integer, storedAt integer, primary key (orderUid, partition)) without rowid;
  create table evidence.sightings (orderUid text, partition integer, primary key (orderUid, partition)) without rowid;
  create table evidence.altered (orderUid text primary key) without rowid;`;

interface LetterRow {
  readonly letter: string;
}

function letterOf({ letter }: LetterRow): Letter {
  return JSON.parse(letter);
}

const SELECT_LINES =
  'select rowid as row, partition, "offset", orderUid as order_uid, fault, expectedReason, step, state from lines';

/**
 * What has to be remembered from one end of the log to the other, in a temporary file: memory stays the same at any
 * number of dead letters. The file goes with the process, however that ends.
 */
export class EvidenceIndex {
  readonly #db: Database;
  readonly #statements = new Map<string, Statement>();

  constructor() {
    this.#db = new Database(':memory:', { strict: true });
    this.#db.run('pragma temp_store = file');
    // The nameless database is a file of SQLite's own that is unlinked as soon as it is open:
    // https://sqlite.org/inmemorydb.html
    this.#db.run(`attach '' as evidence`);
    this.#db.run('pragma evidence.journal_mode = off');
    this.#db.run('pragma evidence.synchronous = off');
    this.#db.run(SCHEMA);
  }

  addLetters(letters: readonly Letter[]): void {
    const insert = this.#prepare('insert into letters values (?, ?, ?)');
    this.#db.transaction(() => {
      for (const one of letters) insert.run(one.partition, one.offset, JSON.stringify(one));
    })();
  }

  addLines(lines: readonly ManifestLine[]): void {
    const insert = this.#prepare('insert into lines values (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#db.transaction(() => {
      for (const { partition, offset, order_uid, fault, expectedReason, step = null, state = null, partial } of lines)
        insert.run(partition, offset, order_uid, fault, expectedReason, step, state, partial === true ? 1 : 0);
    })();
  }

  /** Call it when all letters and lines are there, before the first question. */
  seal(): void {
    this.#db.run('create index evidence.letters_source on letters (partition, "offset")');
    this.#db.run('create index evidence.lines_source on lines (partition, "offset")');
    this.#db.run('create index evidence.lines_order on lines (orderUid)');
  }

  /** Letters of messages from an offset on, in the order of offsets. */
  letters(partition: number, from: number, limit: number): Letter[] {
    return this.#all<LetterRow>(
      'select letter from letters where partition = ? and "offset" >= ? order by "offset", rowid limit ?',
      partition,
      from,
      limit,
    ).map(letterOf);
  }

  /** All letters of a partition's messages from an offset on. */
  *allLetters(partition: number, from = 0): Iterable<Letter> {
    const rows = this.#paged<LetterRow>(
      `select rowid as row, letter from letters where partition = ? and "offset" >= ${from} and rowid > ? order by rowid limit 1000`,
      partition,
    );
    for (const row of rows) yield letterOf(row);
  }

  /** Lines of messages from an offset on, in the order of offsets. */
  lines(partition: number, from: number, limit: number): ManifestLine[] {
    return this.#all<ManifestLine>(
      `${SELECT_LINES} where partition = ? and "offset" >= ? order by "offset", rowid limit ?`,
      partition,
      from,
      limit,
    );
  }

  /** All lines of a partition. */
  *allLines(partition: number): Iterable<ManifestLine> {
    yield* this.#paged<ManifestLine>(
      `${SELECT_LINES} where partition = ? and rowid > ? order by rowid limit 1000`,
      partition,
    );
  }

  /** Undefined when the partition has no line. */
  lineSpan(partition: number): LineSpan | undefined {
    const [span] = this.#all<LineSpan & { all: number }>(
      `select min("offset") as first, max("offset") as last, count(step) as steps, count(*) as "all",
         min(iif(partial, null, "offset")) as "from", max(iif(partial, null, "offset")) as "to"
       from lines where partition = ?`,
      partition,
    );
    return span === undefined || span.all === 0 ? undefined : span;
  }

  /** The last step of an order before an offset. */
  lastStep(orderUid: string, partition: number, before: number): ManifestLine | undefined {
    const sql = `${SELECT_LINES} where orderUid = ? and partition = ? and "offset" < ? and step > 0`;
    return this.#all<ManifestLine>(`${sql} order by "offset" desc limit 1`, orderUid, partition, before)[0];
  }

  partitions(of: 'letters' | 'lines'): number[] {
    return this.#all<{ partition: number }>(`select distinct partition from ${of}`).map((row) => row.partition);
  }

  /** Letters or lines of a partition, by whether their offset is below, within or past a range. */
  placed(of: 'letters' | 'lines', partition: number, start: number, end: number) {
    const [row] = this.#all<{ below: number; within: number; past: number }>(
      `select count(*) filter (where "offset" < ?2) as below, count(*) filter (where "offset" >= ?2 and "offset" < ?3) as within,
        count(*) filter (where "offset" >= ?3) as past from ${of} where partition = ?1`,
      partition,
      start,
      end,
    );
    return row ?? { below: 0, within: 0, past: 0 };
  }

  /** Whether a message of that key was to get that reason, wherever it stands. */
  hasLine(orderUid: string, reason: string): boolean {
    const sql = 'select 1 from lines where orderUid = ? and expectedReason = ? limit 1';
    return this.#all(sql, orderUid, reason).length > 0;
  }

  countLines(): { bad: number; good: number } {
    const [row] = this.#all<{ bad: number; good: number }>(
      'select count(expectedReason) as bad, count(*) - count(expectedReason) as good from lines',
    );
    return row ?? { bad: 0, good: 0 };
  }

  addUnexplained(kind: UnexplainedKind, one: Unexplained): void {
    this.#prepare('insert into unexplained values (?, ?, ?, ?, ?)').run(
      kind,
      one.partition,
      one.offset,
      one.detail,
      one.at,
    );
  }

  *unexplained(kind: UnexplainedKind): Iterable<Unexplained> {
    yield* this.#paged<Unexplained>(
      'select rowid as row, * from unexplained where kind = ? and rowid > ? order by rowid limit 1000',
      kind,
    );
  }

  /** The stored contents of the order are older than a message that was passed. */
  suspect({ orderUid, partition, offset }: SourceRow): void {
    this.#prepare('insert or replace into suspects values (?, ?, ?)').run(orderUid, partition, offset);
  }

  /** A later message of the order says what is stored. */
  acquit(orderUid: string): void {
    this.#prepare('delete from suspects where orderUid = ?').run(orderUid);
  }

  /** A message says what is stored, but stands in another partition than what is stored came from. */
  sighted(orderUid: string, partition: number): void {
    this.#prepare('insert or ignore into sightings values (?, ?)').run(orderUid, partition);
  }

  /** A message whose order is stored from another partition, or from an older message of its own partition. */
  scattered({ orderUid, partition, offset, at, same }: Scattered, stored: Version): void {
    this.#prepare('insert or replace into scattered values (?, ?, ?, ?, ?, ?, ?)').run(
      orderUid,
      partition,
      offset,
      at,
      same ? 1 : 0,
      stored.partition,
      stored.producedAt,
    );
  }

  /**
   * Each order that is not stored from the only partition it is in, and of its other partitions the one with the newest
   * version. A clock that went back within the partition that is stored from makes nothing newer there.
   */
  *scatteredOrders(): Iterable<ScatteredOrder> {
    let last = '';
    while (true) {
      const page = this.#all<Scattered & { storedFrom: number; newest: number }>(
        `select s.orderUid, s.partition, s."offset", s.storedFrom, s.same, max(s.at) as at, max(s.storedAt, coalesce(
            (select o.at from scattered o where o.orderUid = s.orderUid and o.partition = s.storedFrom), 0)) as newest
          from scattered s where s.orderUid > ? and s.partition <> s.storedFrom group by s.orderUid order by s.orderUid limit 1000`,
        last,
      );
      for (const { orderUid, partition, offset, storedFrom, same, at, newest } of page) {
        const stored = { partition: storedFrom, producedAt: newest };
        const outdated = !same && replaces({ partition, producedAt: at }, stored);
        yield { orderUid, partition, offset, storedFrom, outdated };
      }
      last = page.at(-1)?.orderUid ?? last;
      if (page.length < 1000) return;
    }
  }

  /** Its stored contents are known to be wrong, so what differs from them proves nothing more. */
  altered(orderUid: string): void {
    this.#prepare('insert or ignore into altered values (?)').run(orderUid);
  }

  /** Suspects that nothing speaks for. */
  *convicted(): Iterable<SourceRow> {
    let last = '';
    while (true) {
      const page = this.#all<SourceRow>(
        `select * from suspects s where orderUid > ?
          and not exists (select 1 from sightings g where g.orderUid = s.orderUid and g.partition <> s.partition)
          and not exists (select 1 from altered a where a.orderUid = s.orderUid)
        order by orderUid limit 1000`,
        last,
      );
      yield* page;
      last = page.at(-1)?.orderUid ?? last;
      if (page.length < 1000) return;
    }
  }

  /** Closes the file, which is its end. Idempotent. */
  close(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#db.close();
  }

  *#paged<T>(sql: string, key: string | number): Iterable<T> {
    let last = 0;
    while (true) {
      const page = this.#all<T & { row: number }>(sql, key, last);
      yield* page;
      last = page.at(-1)?.row ?? last;
      if (page.length < 1000) return;
    }
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #all<T>(sql: string, ...values: (string | number)[]): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }
}
