import { expect, test } from 'bun:test';
import { ErrorReply } from 'redis';
import { AppError } from '../../lib/app-error.ts';
import { CacheUnusable } from '../cache-trouble.ts';
import { explain, troubleOf } from './explain.ts';

test.each([
  [new ErrorReply(`NOPERM User app has no permissions to run the 'eval' command`), 'no_permission'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'no_permission'],
  [new ErrorReply(`OOM command not allowed when used memory > 'maxmemory'.`), 'out_of_memory'],
  [new ErrorReply(`READONLY You can't write against a read only replica.`), 'read_only'],
  [new ErrorReply('ERR unknown command'), 'refused'],
  [new CacheUnusable('other_database', 'not ours'), 'other_database'],
  [Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' }), 'insecure'],
  ['no answer in 100 ms', 'unreachable'],
  [new Error('connect ECONNREFUSED'), 'unreachable'],
  [undefined, 'unreachable'],
] as const)('%s is %s', (failure, expected) => {
  expect(troubleOf(failure)).toBe(expected);
});

test.each([
  ["NOPERM this user has no permissions to run the 'client|tracking' command", 'ACL SETUSER app +client|tracking'],
  ["NOPERM User app has no permissions to run the 'EVAL' command", 'ACL SETUSER app +eval'],
  ['NOPERM No permissions to access a key', 'ACL SETUSER app ~PREFIX:*'],
])('the right that is missing is named: %s', (reply, advice) => {
  const at = { address: { host: 'h', port: 1 }, user: 'app', role: 'server' } as const;
  const explained = explain(new ErrorReply(reply), at);
  expect(explained.message).toStartWith('Redis at h:1 refuses: NOPERM');
  expect(explained.advice).toContain(advice);
});

test('what explains itself gets no advice', () => {
  const at = { user: '', role: 'server' } as const;
  for (const own of [new AppError('config_invalid', "can't read redis.tls.ca"), 'the slots of the cluster have moved'])
    expect(explain(own, at)).toMatchObject({ advice: undefined, message: own instanceof Error ? own.message : own });
});
