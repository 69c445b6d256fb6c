import { expect, test } from 'bun:test';
import { SQL } from 'bun';
import { AppError } from '../../lib/app-error.ts';
import { classifySqlError, ranOutOfTime, sqlState, toDatabaseError } from './sql-error.ts';

function failure(errno: string, constraint?: string): Error {
  const code = 'ERR_POSTGRES_SERVER_ERROR';
  return new SQL.PostgresError('refused', { code, errno, ...(constraint && { constraint }) });
}

test.each([
  ['23505', 'rejected'],
  ['22P05', 'outage'],
  ['40001', 'retry'],
  ['40P01', 'retry'],
  ['55P03', 'retry'],
  ['22021', 'rejected'],
  ['22003', 'rejected'],
  ['23514', 'rejected'],
  ['23502', 'rejected'],
  ['54000', 'rejected'],
  ['P0001', 'rejected'],
  ['44000', 'rejected'],
  // Trouble of the server, of the connection or of whoever set it up: the data is not to blame.
  ['53100', 'outage'],
  ['53300', 'outage'],
  ['57014', 'outage'],
  ['57P01', 'outage'],
  ['08006', 'outage'],
  ['25006', 'outage'],
  ['42P01', 'outage'],
  ['42501', 'outage'],
  ['XX000', 'outage'],
] as const)('SQLSTATE %s is %s', (state, expected) => {
  expect(sqlState(failure(state))).toBe(state);
  expect(classifySqlError(failure(state))).toBe(expected);
});

test.each(['42P01', '42703'])('a schema of another version (%s) is told, with the command that updates it', (state) => {
  expect(toDatabaseError(failure(state), 'reading').message).toEndWith('run test-service migrate up');
});

test.each([
  ['orders_pkey', 'conflict'],
  ['order_items_2026_pkey', 'conflict'],
  ['order_items_pkey', 'conflict'],
  // A shard of Citus.
  ['orders_pkey_102008', 'conflict'],
  ['orders_customer_id_idx', 'rejected'],
  ['reorders_pkey', 'rejected'],
] as const)('only a primary key of ours says that a row exists: %s, %s', (constraint, expected) => {
  expect(classifySqlError(failure('23505', constraint))).toBe(expected);
});

test('an error that is not the server’s is an outage, whatever it says', () => {
  expect(classifySqlError(new Error('duplicate key value violates unique constraint 23505'))).toBe('outage');
  expect(classifySqlError(Object.assign(new Error('x'), { errno: '22021' }))).toBe('outage');
  expect(classifySqlError(undefined)).toBe('outage');
});

test('rejected data is not retryable, anything else is; the cause is kept', () => {
  const rejected = toDatabaseError(failure('22021'), 'storing');
  expect([rejected.code, rejected.retryable]).toEqual(['database_rejected', false]);
  expect(rejected.message).toBe('storing: refused (SQLSTATE 22021)');
  const cause = new Error('socket hang up');
  const outage = toDatabaseError(cause, 'storing');
  expect([outage.code, outage.retryable, outage.cause]).toEqual(['database_unavailable', true, cause]);
  const own = new AppError('fenced', 'moved');
  expect(toDatabaseError(own, 'storing')).toBe(own);
});

test('time that ran out is told from other failures', () => {
  expect(ranOutOfTime(failure('57014'))).toBe(true);
  expect(ranOutOfTime(new AppError('aborted', 'not done within 5 ms'))).toBe(true);
  expect(ranOutOfTime(failure('57P01'))).toBe(false);
  expect(ranOutOfTime(new AppError('fenced', 'moved'))).toBe(false);
});
