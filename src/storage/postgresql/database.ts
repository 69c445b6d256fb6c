import type { SQL, TransactionSQL } from 'bun';
import { AppError } from '../../lib/app-error.ts';
import { parsePostgresqlUrl } from '../../lib/connection-url.ts';
import { within } from '../../lib/deadline.ts';
import { openSessions, type ServerSettings, type Sessions } from './sessions.ts';
import { isTlsTrouble, isUnreachable, sqlState, toDatabaseError } from './sql-error.ts';

export interface DatabaseOptions extends ServerSettings {
  /** Most sessions this process opens. */
  readonly maxConnections: number;
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
/** The server shuts down, has crashed, or has become one that takes no writes. */
const GONE = /^(57P0[123]|25006)$/;

/**
 * The pool of sessions, opened by the first call. A server that has gone silent without closing its connections (a black
 * hole) can't hold up a caller: past the deadline the pool is thrown away with every socket in it, and the next call
 * gets a new one. So it does when one of several servers has gone or takes no writes any more: the next call looks for
 * the server that has taken its place; and when certificates are refused: they may have been replaced.
 */
export class Database {
  readonly #options: DatabaseOptions;
  readonly #hosts: number;
  #sessions: Sessions | undefined;
  #opening: Promise<Sessions> | undefined;
  #closed = false;
  #calls = 0;
  /** When the last statement came back, by `performance.now`. */
  #heardAt = performance.now();

  /** @throws AppError `config_invalid` */
  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#hosts = parsePostgresqlUrl(options.url).addresses.length;
  }

  /** Calls under way, and the most sessions there are for them. */
  get load(): { readonly calls: number; readonly most: number } {
    return { calls: this.#calls, most: this.#options.maxConnections };
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
  async query<T>(what: string, work: (sql: SQL) => Promise<T>): Promise<T> {
    try {
      const sessions = this.#sessions ?? (await this.#open());
      return await this.#watched(sessions, this.#options.statementTimeoutMs + GRACE_MS, work(sessions.sql));
    } catch (error) {
      throw failureOf(error, what);
    }
  }

  /**
   * Runs a statement someone waits for, for `deadlineMs` at most. When no statement at all has come back for that long,
   * the server is most likely a black hole: later statements get a new pool, those under way in the old one may still
   * end.
   * @throws AppError `database_unavailable` (retryable), `database_rejected`.
   */
  async read<T>(what: string, deadlineMs: number, work: (sql: SQL) => Promise<T>): Promise<T> {
    const sessions = this.#sessions;
    const reading = sessions === undefined ? this.#open().then(({ sql }) => work(sql)) : work(sessions.sql);
    try {
      return await this.#heard(within(deadlineMs, reading));
    } catch (error) {
      this.#forgetLost(sessions, error);
      if (!(error instanceof AppError && error.code === 'aborted')) throw failureOf(error, what);
      const graceS = Math.ceil((this.#options.statementTimeoutMs + GRACE_MS) / 1000);
      reading.catch(() => {});
      if (performance.now() - this.#heardAt >= deadlineMs) this.#abandon(sessions, graceS);
      throw new AppError('database_unavailable', `${what}: ${error.message}`, { retryable: true, cause: error });
    }
  }

  /**
   * Runs `work` in a transaction: committed when it resolves, rolled back when it rejects. The driver's own errors
   * pass as they are, so that the caller can classify them.
   * @param deadlineMs time for the whole transaction.
   */
  async transaction<T>(deadlineMs: number, work: (tx: TransactionSQL) => Promise<T>): Promise<T> {
    const sessions = this.#sessions ?? (await this.#open());
    const { prelude } = sessions;
    const run = async (tx: TransactionSQL): Promise<T> => {
      await tx.unsafe(prelude).simple();
      return work(tx);
    };
    const transaction = sessions.sql.begin(prelude === '' ? work : run) as Promise<T>;
    return await this.#watched(sessions, deadlineMs, transaction);
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
    await within((CLOSE_TIMEOUT_S + 1) * 1000, this.#end(this.#sessions, CLOSE_TIMEOUT_S)).catch(() => {});
  }

  /** The outcome of work in these sessions; past the deadline they are thrown away. */
  async #watched<T>(sessions: Sessions, deadlineMs: number, work: Promise<T>): Promise<T> {
    try {
      return await this.#heard(within(deadlineMs, work));
    } catch (error) {
      this.#forgetLost(sessions, error);
      if (error instanceof AppError && error.code === 'aborted') {
        work.catch(() => {});
        this.#abandon(sessions, 0);
      }
      throw error;
    }
  }

  async #heard<T>(work: Promise<T>): Promise<T> {
    this.#calls += 1;
    try {
      const result = await work;
      this.#heardAt = performance.now();
      return result;
    } finally {
      this.#calls -= 1;
    }
  }

  /** Thrown away, the sessions are opened anew where the server is now, with the certificates that are there now. */
  #forgetLost(sessions: Sessions | undefined, error: unknown): void {
    const gone = this.#hosts > 1 && (isUnreachable(error) || GONE.test(sqlState(error) ?? ''));
    if (gone || isTlsTrouble(error)) this.#abandon(sessions, CLOSE_TIMEOUT_S);
  }

  #abandon(sessions: Sessions | undefined, graceS: number): void {
    if (sessions === undefined || sessions !== this.#sessions || this.#closed) return;
    this.#sessions = undefined;
    this.#heardAt = performance.now();
    this.#end(sessions, graceS).catch(() => {});
  }

  async #end(sessions: Sessions | undefined, graceS: number): Promise<void> {
    await sessions?.sql.close({ timeout: graceS });
  }

  #open(): Promise<Sessions> {
    this.#opening ??= this.#openNow().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openNow(): Promise<Sessions> {
    const { maxConnections, statementTimeoutMs, applicationName, keepOpen = false } = this.#options;
    if (this.#closed) throw new AppError('database_unavailable', 'the sessions are closed', { retryable: true });
    const sessions = await openSessions({
      ...this.#options,
      max: maxConnections,
      idleTimeoutS: keepOpen ? 0 : 300,
      settings: {
        application_name: applicationName,
        statement_timeout: String(statementTimeoutMs),
        // A transaction whose client has gone silent must not keep its locks.
        idle_in_transaction_session_timeout: String(statementTimeoutMs),
        timezone: 'UTC',
      },
    });
    if (this.#closed) await this.#end(sessions, 0);
    else this.#sessions = sessions;
    return sessions;
  }
}

/** A file of the settings could be read at the start: somebody is replacing it. */
function failureOf(error: unknown, what: string): AppError {
  if (!(error instanceof AppError) || error.code !== 'config_invalid') return toDatabaseError(error, what);
  return new AppError('database_unavailable', `${what}: ${error.message}`, { retryable: true, cause: error });
}
