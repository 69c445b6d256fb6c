import { expect, test } from 'bun:test';
import { splitBySize } from './split-by-size.ts';

test('parts hold up to the size, and no item is left out', () => {
  const size = (item: number): number => item;
  expect(splitBySize([3, 3, 3, 3], 7, size)).toEqual([
    [3, 3],
    [3, 3],
  ]);
  expect(splitBySize([1, 9, 1], 7, size)).toEqual([[1], [9], [1]]);
  expect(splitBySize([7, 0, 7], 7, size)).toEqual([[7, 0], [7]]);
  expect(splitBySize([], 7, size)).toEqual([]);
});
