import { expect, test } from 'bun:test';
import { ErrorReply } from 'redis';
import { silentLogger } from '../../telemetry/logger.ts';
import { Refusals } from './refusals.ts';

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
  refusals.failed('unreachable');
  expect(refusals.counts).toEqual({ out_of_memory: 3, no_permission: 1, unreachable: 1 });
});
