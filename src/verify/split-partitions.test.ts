import { expect, test } from 'bun:test';
import { splitPartitions } from './split-partitions.ts';

const ranges = (...sizes: number[]) =>
  new Map(sizes.map((size, partition) => [partition, { start: 10, end: 10 + size }]));

test('shares are about equal, and every partition is in one', () => {
  expect(splitPartitions(ranges(500, 100, 200, 0, 300), 2, 1)).toEqual([
    [0, 1],
    [2, 3, 4],
  ]);
});

test('there are no more shares than partitions with messages, than asked for, or than are worth it', () => {
  expect(splitPartitions(ranges(500, 0, 500), 8, 1)).toHaveLength(2);
  expect(splitPartitions(ranges(500, 500, 500), 1, 1)).toEqual([[0, 1, 2]]);
  expect(splitPartitions(ranges(500, 500, 500), 8, 700)).toHaveLength(2);
  expect(splitPartitions(new Map(), 8, 1)).toEqual([[]]);
});
