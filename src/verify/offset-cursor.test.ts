import { expect, test } from 'bun:test';
import type { Position } from '../contract/letter.ts';
import { OffsetCursor } from './offset-cursor.ts';

interface Entry extends Position {
  readonly name: string;
}

function cursorOver(entries: readonly Entry[]): { cursor: OffsetCursor<Entry>; skipped: string[] } {
  const skipped: string[] = [];
  const cursor = new OffsetCursor<Entry>(
    (partition, from, limit) =>
      entries.filter((one) => one.partition === partition && one.offset >= from).slice(0, limit),
    (entry) => skipped.push(entry.name),
  );
  return { cursor, skipped };
}

const entry = (offset: number, name = String(offset), partition = 0): Entry => ({ partition, offset, name });

test('gives the entries of an offset and tells of those without a message', () => {
  const { cursor, skipped } = cursorOver([entry(1), entry(3, '3a'), entry(3, '3b'), entry(5), entry(8)]);
  cursor.open(0, 0);
  expect(cursor.take(0, 0)).toEqual([]);
  expect(cursor.take(0, 3).map(({ name }) => name)).toEqual(['3a', '3b']);
  expect(cursor.take(0, 4)).toEqual([]);
  expect(skipped).toEqual(['1']);
  cursor.skipTo(0, 8);
  expect(skipped).toEqual(['1', '5']);
  expect(cursor.take(0, 8)).toHaveLength(1);
});

test('entries below the start, and partitions that were not begun, are nobody’s', () => {
  const { cursor, skipped } = cursorOver([entry(1), entry(2), entry(2, 'x', 7)]);
  cursor.open(0, 2);
  expect(cursor.take(0, 2)).toHaveLength(1);
  expect(cursor.take(7, 2)).toEqual([]);
  cursor.skipTo(7, 9);
  expect(skipped).toEqual([]);
});

test('pages end anywhere: amid the entries of one offset, too, were there more of them than a page holds', () => {
  for (const repeats of [1, 2, 499, 500, 501, 1700]) {
    const all = Array.from({ length: 3 }, (_, offset) =>
      Array.from({ length: repeats }, (_, at) => entry(offset, `${offset}-${at}`)),
    ).flat();
    const { cursor, skipped } = cursorOver(all);
    cursor.open(0, 0);
    expect([0, 1, 2, 3].map((offset) => cursor.take(0, offset).length)).toEqual([repeats, repeats, repeats, 0]);
    expect(skipped).toEqual([]);
  }
});
