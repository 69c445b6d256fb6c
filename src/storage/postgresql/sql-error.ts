import { SQL } from 'bun';
import { AppError, messageOf } from '../../lib/app-error.ts';

/**
 * What a failed statement means for its batch: `conflict`, a row with that key exists; `retry`, the server asks to try
 * again; `rejected`, the data itself is refused, be it by a unique index that somebody added; `outage`, anything else:
 * nothing is wrong with the data, so it waits until the database is well.
 */
export type SqlFailure = 'conflict' | 'retry' | 'rejected' | 'outage';

const UNIQUE_VIOLATION = '23505';
/** The primary keys of the migrations; a shard of Citus has its number behind the name. */
const OWN_KEYS = /^(orders|order_items|dead_letter_redrives|dead_letter_redrive_batches)_pkey(_\d+)?$/;
/** A letter that the database's encoding does not have: UTF8 has them all, so the database is the wrong one. */
const UNTRANSLATABLE = '22P05';
const RETRY = new Set(['40001', '40P01', '55P03']);
// Data exceptions, integrity violations, and limits of the program such as a row too big for its index.
const REJECTED_CLASSES = new Set(['22', '23', '54']);
// What a trigger raises against a row, and what a view's check option says.
const REJECTED = new Set(['P0001', '44000']);

// Query cancelled (a statement's time was up), and lock not available.
const WAITED_IN_VAIN = new Set(['57014', '55P03']);

/** Classifies by SQLSTATE (PostgreSQL manual, appendix A), never by message text. */
export function classifySqlError(error: unknown): SqlFailure {
  const state = sqlState(error);
  if (state === undefined) return 'outage';
  if (state === UNIQUE_VIOLATION) return OWN_KEYS.test(constraintOf(error)) ? 'conflict' : 'rejected';
  if (state === UNTRANSLATABLE) return 'outage';
  if (RETRY.has(state)) return 'retry';
  return REJECTED_CLASSES.has(state.slice(0, 2)) || REJECTED.has(state) ? 'rejected' : 'outage';
}

/** The five characters the server sent, or undefined when the error is not the server's. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof SQL.PostgresError ? error.errno : undefined;
}

/** True when a transaction failed because its time was up: somebody may hold the rows it wants. */
export function ranOutOfTime(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'aborted';
  return WAITED_IN_VAIN.has(sqlState(error) ?? '');
}

/** True for a key that exists, whoever made the index that says so. */
export function isDuplicate(error: unknown): boolean {
  return sqlState(error) === UNIQUE_VIOLATION;
}

function constraintOf(error: unknown): string {
  return (error instanceof SQL.PostgresError && error.constraint) || '';
}

/** Whatever the driver threw → AppError. */
export function toDatabaseError(error: unknown, what: string): AppError {
  if (error instanceof AppError) return error;
  const state = sqlState(error);
  const suffix = state === undefined ? '' : ` (SQLSTATE ${state})`;
  const message = `${what}: ${messageOf(error)}${suffix}`;
  return classifySqlError(error) === 'rejected'
    ? new AppError('database_rejected', message, { cause: error })
    : new AppError('database_unavailable', message, { retryable: true, cause: error });
}
