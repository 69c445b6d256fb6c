import { expect, test } from 'bun:test';
import { fetched, logRecords } from '../../test/helpers/log-records.ts';
import { rawMessage } from '../../test/helpers/sample-orders.ts';
import type { LogRecord } from '../kafka/read/order-log.ts';
import { UNKNOWN_LINEAGE } from '../storage/postgresql/offset-store.ts';
import { countRecords, type Part, PartitionQueue, splitBatch, takeBatch } from './partition-queue.ts';

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

/** Queues by partition, with that many records each; the first offset of a partition is ten times its number. */
function queuesWith(counts: readonly number[]): Map<number, PartitionQueue> {
  return new Map(
    counts.map((count, partition) => {
      const queue = new PartitionQueue('topic', partition, partition * 10);
      const messages = Array.from({ length: count }, () => rawMessage('x'));
      queue.push(fetched(partition, logRecords(messages, partition * 10), partition * 10 + count));
      return [partition, queue];
    }),
  );
}

const shape = (parts: readonly Part[]): string[] =>
  parts.map(({ queue, from, to, records }) => `${queue.partition}: ${from}-${to} ${records.length}`);

test('a batch takes what is ready until it is full', () => {
  const queues = queuesWith([2, 3, 4]);
  expect(shape(takeBatch(queues, 4))).toEqual(['0: 0-2 2', '1: 10-12 2']);
  // The one not served yet is free for another transaction.
  expect(shape(takeBatch(queues, 4))).toEqual(['2: 20-24 4']);
  expect(takeBatch(queues, 4)).toEqual([]);
});

test('partitions take turns: who gave records goes to the end', () => {
  const queues = queuesWith([5, 5, 5]);
  const order: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    const [part] = takeBatch(queues, 1);
    if (part === undefined) throw new Error('nothing taken');
    order.push(part.queue.partition);
    part.queue.done(part);
  }
  expect(order).toEqual([0, 1, 2, 0, 1, 2]);
});

test('a batch is halved in log order, in the middle of a part if need be', () => {
  const parts = takeBatch(queuesWith([1, 4, 2]), 100);
  const [first, second] = splitBatch(parts);
  expect(shape(first)).toEqual(['0: 0-1 1', '1: 10-13 3']);
  expect(shape(second)).toEqual(['1: 13-14 1', '2: 20-22 2']);
  expect(countRecords(first) + countRecords(second)).toBe(countRecords(parts));
});

test('halving ends at single records, and no offset is left out or taken twice', () => {
  const queue = new PartitionQueue('topic', 0, 0);
  const messages = Array.from({ length: 5 }, () => rawMessage('x'));
  // With gaps: before, between and behind the records.
  const records = logRecords(messages, 3).map((record, at) => Object.assign(record, { offset: 3 + at * 4 }));
  queue.push(fetched(0, records, 30));
  const halve = (parts: readonly Part[]): Part[][] =>
    countRecords(parts) <= 1 ? [[...parts]] : splitBatch(parts).flatMap(halve);
  const singles = halve(takeBatch(new Map([[0, queue]]), 100)).flat();
  expect(shape(singles)).toEqual(['0: 0-7 1', '0: 7-11 1', '0: 11-15 1', '0: 15-19 1', '0: 19-30 1']);
});

test('a part without records goes with one of the halves', () => {
  const queues = queuesWith([2, 0, 0]);
  queues.get(1)?.push(fetched(1, [], 15));
  const [first, second] = splitBatch(takeBatch(queues, 100));
  expect(shape([...first, ...second])).toEqual(['0: 0-1 1', '1: 10-15 0', '0: 1-2 1']);
});

test('the age of the oldest message counts until it is stored, and does not trust a clock that can not be right', () => {
  const now = Date.now();
  const queue = new PartitionQueue('topic', 0, 0);
  expect(queue.oldestMs(now)).toBeUndefined();
  const dated = (ms: number, offset: number) => records(1, offset).map((one) => Object.assign(one, { timestamp: ms }));
  queue.push(fetched(0, [...dated(now - 60_000, 0), ...dated(now + 86_400_000, 1)]));
  expect(queue.oldestMs(now)).toBe(60_000);
  const first = queue.take(1);
  expect(queue.oldestMs(now)).toBe(60_000);
  queue.done(first);
  // It is of tomorrow: what counts is the time since it was fetched.
  expect(queue.oldestMs(now)).toBeLessThan(60_000);
  queue.done(queue.take(1));
  expect(queue.oldestMs(now)).toBeUndefined();
});
