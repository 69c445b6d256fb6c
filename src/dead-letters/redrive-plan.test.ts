import { expect, test } from 'bun:test';
import { logRecord } from '../../test/helpers/log-record.ts';
import { parseLetter } from './letter.ts';
import { judge } from './redrive-plan.ts';

const rules = { targetTopic: 'orders', maxReplays: 3, again: false, foreign: false, edit: undefined };

test('of a letter that has only the start of its value, that start is not sent back as the message', async () => {
  const headers = {
    'dl-reason': 'too_large',
    'dl-topic': 'orders',
    'dl-partition': '0',
    'dl-offset': '7',
    'dl-at': '1',
    'dl-truncated': '9000000',
  };
  const letter = parseLetter('id', 0, logRecord({ offset: 1, value: '{"order_uid"', headers }));
  expect(await judge(letter, undefined, rules)).toMatchObject({ send: false, reason: 'truncated' });
  const edit = { replaces: true, apply: async () => ({ ok: true as const, value: Buffer.from('{}') }) };
  expect(await judge(letter, undefined, { ...rules, edit })).toMatchObject({ send: true });
});
