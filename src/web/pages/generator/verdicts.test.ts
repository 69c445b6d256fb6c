import { expect, test } from 'bun:test';
import { NO_VERDICTS, withVerdict } from './verdicts.ts';

test('verdicts are counted, and the first bad lines are kept', () => {
  const lines = [
    '{"line":1,"status":"accepted","order_uid":"a","partition":0,"offset":"7"}',
    '{"line":2,"status":"rejected","reason":"schema","violations":[{"pointer":"/items","message":"is missing"}]}',
    '{"line":3,"status":"failed","order_uid":"b","reason":"kafka_unavailable"}',
    '{"summary":{"lines":3,"accepted":1,"rejected":1,"failed":1,"complete":false,"reason":"kafka_unavailable"}}',
  ];
  expect(lines.reduce(withVerdict, NO_VERDICTS)).toEqual({
    accepted: 1,
    rejected: 1,
    failed: 1,
    bad: [
      { line: 2, reason: 'schema', pointer: '/items', message: 'is missing' },
      { line: 3, reason: 'kafka_unavailable', pointer: '', message: '' },
    ],
    complete: false,
  });
});
