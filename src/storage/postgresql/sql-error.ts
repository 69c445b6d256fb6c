import { SQL } from 'bun';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { certificateTrouble } from '../../lib/tls.ts';

/**
 * What a failed statement means for its batch: `conflict`, a row with that key exists; `retry`, the server asks to try
 * again; `rejected`, the data itself is refused, be it by a unique index that somebody added; `outage`, anything else:
 * nothing is wrong with the data, so it waits until the database is well.
 */
export type SqlFailure = 'conflict' | 'retry' | 'rejected' | 'outage';

const UNIQUE_VIOLATION = '23505';
/** The primary keys of the migrations, and of partitions `orders_…`; a shard of Citus has its number behind the name. */
const OWN_KEYS = /^((orders|order_items)(_\w+)?|dead_letter_redrives|dead_letter_redrive_batches)_pkey(_\d+)?$/;
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

/** Driver errors that mean: nobody lets us in, or no longer. */
const UNREACHABLE = /^ERR_POSTGRES_CONNECTION_(CLOSED|FAILED|REFUSED|TIMEOUT)$/;
const STARTING_UP = '57P03';

/** True when there is no session because the server does not answer, or not yet; false for one that refuses us. */
export function isUnreachable(error: unknown): boolean {
  return sqlState(error) === STARTING_UP || (error instanceof SQL.PostgresError && UNREACHABLE.test(error.code));
}

/** True when no session came about because one side does not take the other's certificate, or TLS at all. */
export function isTlsTrouble(error: unknown): boolean {
  return certificateTrouble(TLS, error) !== undefined || codeOf(error).startsWith('ERR_POSTGRES_TLS');
}

/** Path of the settings of certificates. */
export const TLS = 'postgresql.tls';
const NO_PREPARED_STATEMENTS =
  'set postgresql.prepare to false: a pooler in transaction mode, such as PgBouncer before 1.21, keeps none';
/** What to do about a server that takes no writes. */
export const TO_WRITABLE =
  'set postgresql.url to the server that accepts writes; of several hosts, ?target_session_attrs=read-write finds it';
const SCHEMA = 'the schema is not there, or of another version: run test-service migrate up';
const ADVICE: Readonly<Record<string, string>> = {
  ERR_POSTGRES_TLS_NOT_AVAILABLE: 'turn TLS on there (ssl = on), or set sslmode=disable in postgresql.url',
  ERR_POSTGRES_CHANNEL_BINDING_REQUIRED: 'channel_binding=require needs sslmode=require or stricter in postgresql.url',
  '08P01': "see the pooler's log: check its databases and users, and postgresql.url",
  '25006': TO_WRITABLE,
  '26000': NO_PREPARED_STATEMENTS,
  '28000': "check user, sslmode and postgresql.tls.certificate, and the server's pg_hba.conf",
  '28P01': 'check user and password in postgresql.url, or postgresql.passwordFile',
  '3D000': 'create the database, or check its name in postgresql.url',
  '42703': SCHEMA,
  '42P01': SCHEMA,
  '42501': 'grant the right to the user of postgresql.url',
  '42P05': NO_PREPARED_STATEMENTS,
  '53300': 'lower postgresql.maxConnections, or allow more sessions there',
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && !(error instanceof AppError) ? String(error.code) : '';
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
  const certificate = certificateTrouble(TLS, error);
  const state = sqlState(error);
  const suffix = state === undefined ? '' : ` (SQLSTATE ${state})`;
  const message = certificate === undefined ? `${what}: ${messageOf(error)}${suffix}` : what;
  if (classifySqlError(error) === 'rejected') return new AppError('database_rejected', message, { cause: error });
  const advice = certificate ?? ADVICE[state ?? codeOf(error)];
  return new AppError('database_unavailable', message, { retryable: true, cause: error, ...(advice && { advice }) });
}
