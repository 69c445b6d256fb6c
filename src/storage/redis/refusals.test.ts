import { expect, test } from 'bun:test';
import { ErrorReply } from 'redis';
import { silentLogger } from '../../telemetry/logger.ts';
import { CacheUnusable } from '../cache-trouble.ts';
import { Refusals, troubleOf } from './refusals.ts';

test.each([
  [new ErrorReply(`NOPERM User app has no permissions to run the 'eval' command`), 'no_permission'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'no_permission'],
  [new ErrorReply(`OOM command not allowed when used memory > 'maxmemory'.`), 'out_of_memory'],
  [new ErrorReply(`READONLY You can't write against a read only replica.`), 'read_only'],
  [new ErrorReply('ERR unknown command'), 'refused'],
  [new CacheUnusable('other_database', 'not ours'), 'other_database'],
  ['no answer in 100 ms', 'unreachable'],
  [new Error('connect ECONNREFUSED'), 'unreachable'],
  [undefined, 'unreachable'],
] as const)('%s is %s', (failure, expected) => {
  expect(troubleOf(failure)).toBe(expected);
});

test('a full Redis is warned of once, until it takes an order again; each refusal is counted', () => {
  const said: string[] = [];
  const say = (_: object, message: string) => void said.push(message);
  const refusals = new Refusals({ ...silentLogger, warn: say, info: say });
  for (let time = 0; time < 3; time++) expect(refusals.note(new ErrorReply('OOM command not allowed'))).toBeUndefined();
  expect(refusals.current).toBe('out_of_memory');
  refusals.over();
  refusals.over();
  expect(refusals.current).toBeUndefined();
  expect(said).toEqual(['redis takes no orders: it is used for reading only', 'redis takes orders again']);
  // These make the connection of no use.
  expect(refusals.note(new ErrorReply('NOPERM no permissions'))).toContain('NOPERM');
  refusals.failed('no answer in 100 ms');
  expect(refusals.counts).toEqual({ out_of_memory: 3, no_permission: 1, unreachable: 1 });
});
