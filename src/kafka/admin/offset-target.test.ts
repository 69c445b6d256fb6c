import { expect, test } from 'bun:test';
import { parseOffsetTarget, targetOffsets } from './offset-target.ts';

const NOW = Date.parse('2026-01-02T00:00:00Z');

test('a target is an end of the log, an offset or an instant', () => {
  expect(parseOffsetTarget('earliest', NOW)).toBe('earliest');
  expect(parseOffsetTarget('latest', NOW)).toBe('latest');
  expect(parseOffsetTarget('17', NOW)).toEqual({ offset: 17 });
  expect(parseOffsetTarget('1d', NOW)).toEqual({ at: Date.parse('2026-01-01T00:00:00Z') });
  expect(parseOffsetTarget('2026-01-01T00:00:00Z', NOW)).toEqual({ at: Date.parse('2026-01-01') });
  for (const text of ['', '-1', '1.5', 'oldest', '1e3']) expect(parseOffsetTarget(text, NOW)).toBeUndefined();
});

test('each partition has its own place for it, within its log', async () => {
  const source = {
    ranges: async () =>
      new Map([
        [0, { start: 10, end: 20 }],
        [1, { start: 0, end: 5 }],
      ]),
    offsetsAt: async () => new Map([[0, 14]]),
  };
  const of = async (target: Parameters<typeof targetOffsets>[1]) => [...(await targetOffsets(source, target)).values()];
  expect(await of('earliest')).toEqual([10, 0]);
  expect(await of('latest')).toEqual([20, 5]);
  expect(await of({ offset: 7 })).toEqual([10, 5]);
  // Nothing was written later in the second one.
  expect(await of({ at: NOW })).toEqual([14, 5]);
});
