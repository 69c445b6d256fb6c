import type { SQL, TransactionSQL } from 'bun';
import { AppError } from '../../lib/app-error.ts';
import { within } from '../../lib/deadline.ts';
import { openSessions } from './sessions.ts';
import { toDatabaseError } from './sql-error.ts';

export interface DatabaseOptions {
  readonly url: string;
  /** Most sessions this process opens. */
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  /** Time one statement may take before PostgreSQL cancels it. */
  readonly statementTimeoutMs: number;
  /** Opens sessions at once and keeps idle ones: there may be no file descriptor left when they are needed. */
  readonly keepOpen?: boolean;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
}

/** A value of a selected row: the driver gives int8 as text, to lose nothing. */
export type RowValue = string | number | boolean | null;

/** Time for the network and the driver on top of what the server allows a statement. */
const GRACE_MS = 5_000;
const CLOSE_TIMEOUT_S = 2;

/**
 * The pool of sessions. A server that has gone silent without closing its connections (a black hole) can't hold up a
 * caller: past the deadline the pool is thrown away with every socket in it, and the next call gets a new one.
 */
export class Database {
  readonly #options: DatabaseOptions;
  #pool: SQL;
  #closed = false;
  /** When the last statement came back, by `performance.now`. */
  #heardAt = performance.now();

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#pool = this.#connect();
  }

  /** Opens all sessions, for a database that keeps them. Never rejects. */
  async open(): Promise<void> {
    const sessions = Array.from({ length: this.#options.maxConnections });
    // Each must be busy when the next is requested, or one session would serve all.
    const asked = sessions.map(() => this.query('opening a session', (sql) => sql`select pg_sleep(0.05)`.execute()));
    await Promise.allSettled(asked);
  }

  /**
   * Runs statements that need no transaction.
   * @throws AppError `database_unavailable` (retryable), `database_rejected`.
   */
  query<T>(what: string, work: (sql: SQL) => Promise<T>): Promise<T> {
    return this.#guard(what, this.#options.statementTimeoutMs, work);
  }

  /**
   * Runs a statement someone waits for, for `deadlineMs` at most. When no statement at all has come back for that long,
   * the server is most likely a black hole: later statements get a new pool, those under way in the old one may still
   * end.
   * @throws AppError `database_unavailable` (retryable), `database_rejected`.
   */
  async read<T>(what: string, deadlineMs: number, work: (sql: SQL) => Promise<T>): Promise<T> {
    const pool = this.#pool;
    const reading = work(pool);
    try {
      return await this.#heard(within(deadlineMs, reading));
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'aborted')) throw toDatabaseError(error, what);
      const graceS = Math.ceil((this.#options.statementTimeoutMs + GRACE_MS) / 1000);
      if (performance.now() - this.#heardAt >= deadlineMs) this.#abandon(pool, reading, graceS);
      else reading.catch(() => {});
      throw new AppError('database_unavailable', `${what}: ${error.message}`, { retryable: true, cause: error });
    }
  }

  /**
   * Runs `work` in a transaction: committed when it resolves, rolled back when it rejects. The driver's own errors
   * pass as they are, so that the caller can classify them.
   * @param deadlineMs time for the whole transaction.
   */
  transaction<T>(deadlineMs: number, work: (tx: TransactionSQL) => Promise<T>): Promise<T> {
    const pool = this.#pool;
    return this.#abandonOnTimeout(pool, deadlineMs, pool.begin(work) as Promise<T>);
  }

  /**
   * Why the server takes no writes although it answers, in words; undefined when it does take them.
   * @throws AppError `database_unavailable`
   */
  writeObstacle(): Promise<string | undefined> {
    return this.query('asking PostgreSQL', async (sql) => {
      const [row]: { standby: boolean; read_only: string }[] = await sql`
        select pg_is_in_recovery() as standby, current_setting('default_transaction_read_only') as read_only`;
      if (row?.standby === true) return 'it is a standby, which takes no writes';
      return row?.read_only === 'on' ? 'it takes no writes (default_transaction_read_only is on)' : undefined;
    });
  }

  /** Ends every session; idempotent, bounded in time. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await within((CLOSE_TIMEOUT_S + 1) * 1000, this.#pool.close({ timeout: CLOSE_TIMEOUT_S })).catch(() => {});
  }

  async #guard<T>(what: string, deadlineMs: number, work: (sql: SQL) => Promise<T>): Promise<T> {
    const pool = this.#pool;
    try {
      return await this.#abandonOnTimeout(pool, deadlineMs + GRACE_MS, work(pool));
    } catch (error) {
      throw toDatabaseError(error, what);
    }
  }

  async #abandonOnTimeout<T>(pool: SQL, deadlineMs: number, work: Promise<T>): Promise<T> {
    try {
      return await this.#heard(within(deadlineMs, work));
    } catch (error) {
      if (error instanceof AppError && error.code === 'aborted') this.#abandon(pool, work);
      throw error;
    }
  }

  async #heard<T>(work: Promise<T>): Promise<T> {
    const result = await work;
    this.#heardAt = performance.now();
    return result;
  }

  #abandon(pool: SQL, work: Promise<unknown>, graceS = 0): void {
    work.catch(() => {});
    if (pool !== this.#pool || this.#closed) return;
    this.#pool = this.#connect();
    this.#heardAt = performance.now();
    pool.close({ timeout: graceS }).catch(() => {});
  }

  #connect(): SQL {
    const {
      url,
      maxConnections,
      connectTimeoutMs,
      statementTimeoutMs,
      applicationName,
      keepOpen = false,
    } = this.#options;
    return openSessions({
      url,
      max: maxConnections,
      connectTimeoutMs,
      idleTimeoutS: keepOpen ? 0 : 300,
      settings: {
        application_name: applicationName,
        statement_timeout: String(statementTimeoutMs),
        // A transaction whose client has gone silent must not keep its locks.
        idle_in_transaction_session_timeout: String(statementTimeoutMs),
        timezone: 'UTC',
      },
    });
  }
}
