import { expect, test } from 'bun:test';
import { NOT_BEGUN, percentOf, withLine } from './letter-run.ts';

const after = (...lines: object[]) => lines.map((line) => JSON.stringify(line)).reduce(withLine, NOT_BEGUN);
const begun = { progress: { passed: 0, total: 8, counts: {} } };
const half = { progress: { passed: 4, total: 8, counts: { sent: 3, max_replays: 1 } } };

test('a run that ends without a last line was stopped', () => {
  expect(after(begun, half)).toEqual({
    passed: 4,
    total: 8,
    counts: { sent: 3, max_replays: 1 },
    comeBack: {},
    samples: [],
    end: 'stopped',
  });
  expect([percentOf(NOT_BEGUN), percentOf(after(begun, half))]).toEqual([0, 50]);
});

test('the last line says how it ended', () => {
  const result = {
    complete: true,
    counts: { would_send: 8 },
    would_come_back: { schema: 2 },
    samples: [{ position: '3:17' }],
  };
  const done = after(begun, half, { result });
  expect(done).toMatchObject({
    counts: { would_send: 8 },
    comeBack: { schema: 2 },
    samples: [{ position: '3:17' }],
    end: 'complete',
  });
  expect(percentOf(done)).toBe(100);
  const failed = after(begun, half, { result: { complete: false, reason: 'kafka-unavailable' } });
  expect(failed).toMatchObject({ counts: { sent: 3 }, end: { problem: 'kafka-unavailable' } });
});
