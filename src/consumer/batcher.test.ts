import { expect, test } from 'bun:test';
import { fetched, logRecords } from '../../test/helpers/log-records.ts';
import { rawMessage } from '../../test/helpers/sample-orders.ts';
import { countRecords, splitBatch, takeBatch } from './batcher.ts';
import { type Part, PartitionQueue } from './partition-queue.ts';

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
