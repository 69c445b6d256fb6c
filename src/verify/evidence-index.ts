import type { Letter } from './dead-letter-claim.ts';
import type { LineSpan, ManifestLine } from './manifest.ts';
import { OrderEvidence } from './order-evidence.ts';
import { TempStore } from './temp-store.ts';

/** Dead letters and manifest lines that no message of the log stands behind. */
export interface Unexplained {
  readonly partition: number;
  readonly offset: number;
  readonly detail: string;
  readonly at: number;
}

/** `gap`: a dead letter of an offset where the log has no message; `letter`: one that is not of the message there. */
export type UnexplainedKind = 'letter' | 'gap' | 'line';

const SCHEMA = `
  create table evidence.letters (partition integer, "offset" integer, letter text);
  create table evidence.lines (partition integer, "offset" integer, orderUid text, fault text, expectedReason text,
    step integer, state text, partial integer);
  create table evidence.unexplained (kind text, partition integer, "offset" integer, detail text, at integer);`;

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
  /** What a message showed of orders that other messages have to show more of. */
  readonly orders: OrderEvidence;
  readonly #store = new TempStore();

  constructor() {
    this.#store.run(SCHEMA);
    this.orders = new OrderEvidence(this.#store);
  }

  addLetters(letters: readonly Letter[]): void {
    const insert = this.#store.prepare('insert into letters values (?, ?, ?)');
    this.#store.transaction(() => {
      for (const one of letters) insert.run(one.partition, one.offset, JSON.stringify(one));
    });
  }

  addLines(lines: readonly ManifestLine[]): void {
    const insert = this.#store.prepare('insert into lines values (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#store.transaction(() => {
      for (const { partition, offset, order_uid, fault, expectedReason, step = null, state = null, partial } of lines)
        insert.run(partition, offset, order_uid, fault, expectedReason, step, state, partial === true ? 1 : 0);
    });
  }

  /** Call it when all letters and lines are there, before the first question. */
  seal(): void {
    this.#store.run('create index evidence.letters_source on letters (partition, "offset")');
    this.#store.run('create index evidence.lines_source on lines (partition, "offset")');
    this.#store.run('create index evidence.lines_order on lines (orderUid)');
  }

  /** Letters of messages from an offset on, in the order of offsets. */
  letters(partition: number, from: number, limit: number): Letter[] {
    return this.#store
      .all<LetterRow>(
        'select letter from letters where partition = ? and "offset" >= ? order by "offset", rowid limit ?',
        partition,
        from,
        limit,
      )
      .map(letterOf);
  }

  /** All letters of a partition's messages from an offset on. */
  *allLetters(partition: number, from = 0): Iterable<Letter> {
    const rows = this.#store.paged<LetterRow>(
      `select rowid as row, letter from letters where partition = ? and "offset" >= ${from} and rowid > ? order by rowid limit 1000`,
      partition,
    );
    for (const row of rows) yield letterOf(row);
  }

  /** Lines of messages from an offset on, in the order of offsets. */
  lines(partition: number, from: number, limit: number): ManifestLine[] {
    return this.#store.all<ManifestLine>(
      `${SELECT_LINES} where partition = ? and "offset" >= ? order by "offset", rowid limit ?`,
      partition,
      from,
      limit,
    );
  }

  /** All lines of a partition. */
  *allLines(partition: number): Iterable<ManifestLine> {
    yield* this.#store.paged<ManifestLine>(
      `${SELECT_LINES} where partition = ? and rowid > ? order by rowid limit 1000`,
      partition,
    );
  }

  /** Undefined when the partition has no line. */
  lineSpan(partition: number): LineSpan | undefined {
    const [span] = this.#store.all<LineSpan & { all: number }>(
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
    return this.#store.all<ManifestLine>(`${sql} order by "offset" desc limit 1`, orderUid, partition, before)[0];
  }

  partitions(of: 'letters' | 'lines'): number[] {
    return this.#store.all<{ partition: number }>(`select distinct partition from ${of}`).map((row) => row.partition);
  }

  /** Letters or lines of a partition, by whether their offset is below, within or past a range. */
  placed(of: 'letters' | 'lines', partition: number, start: number, end: number) {
    const [row] = this.#store.all<{ below: number; within: number; past: number }>(
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
    return this.#store.all(sql, orderUid, reason).length > 0;
  }

  countLines(): { bad: number; good: number } {
    const [row] = this.#store.all<{ bad: number; good: number }>(
      'select count(expectedReason) as bad, count(*) - count(expectedReason) as good from lines',
    );
    return row ?? { bad: 0, good: 0 };
  }

  addUnexplained(kind: UnexplainedKind, one: Unexplained): void {
    this.#store
      .prepare('insert into unexplained values (?, ?, ?, ?, ?)')
      .run(kind, one.partition, one.offset, one.detail, one.at);
  }

  *unexplained(kind: UnexplainedKind): Iterable<Unexplained> {
    yield* this.#store.paged<Unexplained>(
      'select rowid as row, * from unexplained where kind = ? and rowid > ? order by rowid limit 1000',
      kind,
    );
  }

  /** Closes the file, which is its end. Idempotent. */
  close(): void {
    this.#store.close();
  }
}
