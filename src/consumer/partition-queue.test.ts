import { expect, test } from 'bun:test';
import { fetched, logRecords } from '../../test/helpers/log-records.ts';
import { rawMessage } from '../../test/helpers/sample-orders.ts';
import type { LogRecord } from '../kafka/read/order-log.ts';
import { UNKNOWN_LINEAGE } from '../storage/postgresql/offset-store.ts';
import { PartitionQueue } from './partition-queue.ts';

const records = (count: number, firstOffset: number): LogRecord[] =>
  logRecords(
    Array.from({ length: count }, (_, at) => rawMessage(`value ${firstOffset + at}`)),
    firstOffset,
  );
const offsets = (taken: { readonly records: readonly LogRecord[] }): number[] =>
  taken.records.map(({ offset }) => offset);

test('records come out in log order, over the borders of fetches, as many as asked for', () => {
  const queue = new PartitionQueue('topic', 0, 10);
  queue.push(fetched(0, records(3, 10)));
  queue.push(fetched(0, records(3, 13)));
  const first = queue.take(4);
  expect([first.from, first.to, offsets(first)]).toEqual([10, 14, [10, 11, 12, 13]]);
  queue.done(first);
  const second = queue.take(4);
  expect([second.from, second.to, offsets(second)]).toEqual([14, 16, [14, 15]]);
});

test('a gap at the end of a fetch is passed with the last record before it, not earlier', () => {
  const queue = new PartitionQueue('topic', 0, 0);
  queue.push(fetched(0, records(2, 0), 9));
  const part = queue.take(1);
  expect([part.from, part.to]).toEqual([0, 1]);
  queue.done(part);
  const rest = queue.take(1);
  expect([rest.from, rest.to]).toEqual([1, 9]);
});

test('an offset behind a gap without records is something to store', () => {
  const queue = new PartitionQueue('topic', 0, 5);
  expect(queue.ready).toBe(false);
  queue.push(fetched(0, [], 8));
  expect([queue.ready, queue.position]).toEqual([true, 8]);
  const part = queue.take(100);
  expect([part.from, part.to, part.records.length]).toEqual([5, 8, 0]);
});

test('a fetch that brings nothing new changes nothing', () => {
  const queue = new PartitionQueue('topic', 0, 5);
  queue.push(fetched(0, [], 5));
  expect([queue.ready, queue.position]).toEqual([false, 5]);
});

test('nothing is ready while a batch is on its way, or once it is revoked', () => {
  const queue = new PartitionQueue('topic', 0, 0);
  queue.push(fetched(0, records(2, 0)));
  const part = queue.take(1);
  expect(queue.ready).toBe(false);
  queue.done(part);
  expect(queue.ready).toBe(true);
  queue.revoked = true;
  expect(queue.ready).toBe(false);
});

test('bytes count from the fetch until they are stored, those on their way included', () => {
  const queue = new PartitionQueue('topic', 0, 0);
  const all = records(4, 0);
  queue.push(fetched(0, all));
  const full = queue.bufferedBytes;
  expect(full).toBeGreaterThan(all.reduce((sum, { size }) => sum + size, 0));
  const half = queue.take(2);
  expect(queue.bufferedBytes).toBe(full);
  queue.done(half);
  expect(queue.bufferedBytes).toBe(full / 2);
  queue.done(queue.take(2));
  expect([queue.bufferedBytes, queue.stored]).toEqual([0, 4]);
});

test('a part has the epoch of what it was taken of last, and the next fetch that of what came last', () => {
  const queue = new PartitionQueue('topic', 0, 10, { ...UNKNOWN_LINEAGE, leaderEpoch: 2 });
  expect(queue.leaderEpoch).toBe(2);
  queue.push(fetched(0, records(2, 10), 12, 3));
  queue.push(fetched(0, records(2, 12), 14, 4));
  expect(queue.leaderEpoch).toBe(4);
  expect(queue.take(2).lineage).toMatchObject({ leaderEpoch: 3, lastOffset: 11 });
});

test('a fetch of two epochs makes parts of one each, wherever it is cut', () => {
  const queue = new PartitionQueue('topic', 0, 10);
  const epochs = [
    { leaderEpoch: 3, epochStart: 4, nextOffset: 13 },
    { leaderEpoch: 5, epochStart: 13, nextOffset: 20 },
  ];
  queue.push({ ...fetched(0, records(6, 10), 20), epochs });
  expect([queue.position, queue.leaderEpoch]).toEqual([20, 5]);
  const taken = [2, 100, 1, 100].map((max) => {
    const part = queue.take(max);
    queue.done(part);
    return [part.from, part.to, part.records.length, part.lineage.leaderEpoch, part.lineage.epochStart];
  });
  expect(taken).toEqual([
    [10, 12, 2, 3, 4],
    [12, 13, 1, 3, 4],
    [13, 14, 1, 5, 13],
    [14, 20, 2, 5, 13],
  ]);
  expect(queue.bufferedBytes).toBe(0);
});

test('a gap leaves the last record behind it the one to be recognised', () => {
  const queue = new PartitionQueue('topic', 0, 10);
  queue.push(fetched(0, records(1, 10), 11, 3));
  const first = queue.take(1);
  queue.done(first);
  queue.push(fetched(0, [], 15, 4));
  expect(queue.take(1).lineage).toEqual({ ...first.lineage, leaderEpoch: 4 });
});
