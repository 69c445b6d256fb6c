import { Database, type Statement } from 'bun:sqlite';

/** Tables in a temporary file, in the schema `evidence`. The file goes with the process, however that ends. */
export class TempStore {
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
  }

  run(sql: string): void {
    this.#db.run(sql);
  }

  transaction(work: () => void): void {
    this.#db.transaction(work)();
  }

  prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  all<T>(sql: string, ...values: (string | number)[]): T[] {
    return this.prepare(sql).all(...values) as T[];
  }

  /** Rows of a statement that takes a key and the last `row` it gave, and gives 1000 at most. */
  *paged<T>(sql: string, key: string | number): Iterable<T> {
    let last = 0;
    while (true) {
      const page = this.all<T & { row: number }>(sql, key, last);
      yield* page;
      last = page.at(-1)?.row ?? last;
      if (page.length < 1000) return;
    }
  }

  /** Closes the file, which is its end. Idempotent. */
  close(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#db.close();
  }
}
