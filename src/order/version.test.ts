import { expect, test } from 'bun:test';
import { replaces } from './version.ts';

test('across partitions the newer version counts; at the same instant the higher partition, from either side', () => {
  const version = (partition: number, producedAt: number) => ({ partition, producedAt });
  expect(replaces(version(0, 2), version(1, 1))).toBe(true);
  expect(replaces(version(1, 1), version(0, 2))).toBe(false);
  expect(replaces(version(1, 1), version(0, 1))).toBe(true);
  expect(replaces(version(0, 1), version(1, 1))).toBe(false);
});
