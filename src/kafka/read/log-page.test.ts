import { describe, expect, test } from 'bun:test';
import { FakeTopic } from '../../../test/helpers/fake-topic.ts';
import { logRecord } from '../../../test/helpers/log-record.ts';
import { readLogPage } from './log-page.ts';
import type { LogRange, LogRecord } from './order-log.ts';

const records = (count: number, at: (offset: number) => number): LogRecord[] =>
  Array.from({ length: count }, (_, offset) => logRecord({ offset, timestamp: at(offset) }));

const topic = new FakeTopic([
  records(300, (offset) => 1_000 + offset * 10),
  records(200, (offset) => 1_005 + offset * 7),
  [],
]);

async function readAll(first: 'newest' | 'oldest', limit: number): Promise<string[]> {
  const seen: string[] = [];
  let ranges: ReadonlyMap<number, LogRange> = await topic.ranges();
  for (let pages = 0; pages < 1_000; pages++) {
    const page = await readLogPage(topic, ranges, {
      first,
      limit,
      deadline: Number.POSITIVE_INFINITY,
      pick: (partition, { offset, timestamp }) =>
        offset % 3 === 0 ? { at: timestamp, kept: `${timestamp} ${partition}:${offset}` } : undefined,
    });
    expect(page.cut).toBe(false);
    seen.push(...page.found);
    ranges = page.rest;
    if (page.found.length < limit) break;
  }
  return seen;
}

describe.each(['newest', 'oldest'] as const)('%s first', (first) => {
  test.each([1, 7, 1_000])('page by page of %d, none is left out and none comes twice', async (limit) => {
    const seen = await readAll(first, limit);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(100 + 67);
    const times = seen.map((line) => Number(line.split(' ')[0]));
    const sorted = [...times].sort((a, b) => (first === 'newest' ? b - a : a - b));
    expect(times).toEqual(sorted);
  });

  test('of long records a page has few, and the next ones have the rest', async () => {
    let ranges: ReadonlyMap<number, LogRange> = await topic.ranges();
    const seen: string[] = [];
    let pages = 0;
    for (; seen.length < 500 && pages < 1_000; pages++) {
      const page = await readLogPage(topic, ranges, {
        first,
        limit: 1_000,
        deadline: Number.POSITIVE_INFINITY,
        pick: (partition, { offset, timestamp }) => ({
          at: timestamp,
          kept: `${timestamp} ${partition}:${offset}`,
          bytes: 1_000_000,
        }),
      });
      expect([page.cut, page.found.length > 0, page.found.length < 12]).toEqual([false, true, true]);
      seen.push(...page.found);
      ranges = page.rest;
    }
    expect(new Set(seen).size).toBe(500);
    const times = seen.map((line) => Number(line.split(' ')[0]));
    expect(times).toEqual(times.toSorted((a, b) => (first === 'newest' ? b - a : a - b)));
  });

  test('out of time it gives what it found, and the next page goes on', async () => {
    let ranges: ReadonlyMap<number, LogRange> = await topic.ranges();
    let [found, passed, cuts] = [0, 0, 0];
    for (let pages = 0; pages < 100 && passed < 500; pages++) {
      const page = await readLogPage(topic, ranges, {
        first,
        limit: 1_000,
        deadline: 0,
        pick: (_, { timestamp }) => ({ at: timestamp, kept: timestamp }),
      });
      found += page.found.length;
      passed += page.passed;
      cuts += page.cut ? 1 : 0;
      ranges = page.rest;
    }
    expect([found, passed]).toEqual([500, 500]);
    expect(cuts).toBeGreaterThan(1);
  });
});
