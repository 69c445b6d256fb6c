import { expect, test } from 'bun:test';
import { type AbortedTransaction, committedBatches, type TransactionalBatch } from './record-batch-reader.ts';

interface NamedBatch extends TransactionalBatch {
  readonly name: string;
}

const marker = (type: number): { readonly key: Buffer }[] => [{ key: Buffer.from([0, 0, 0, type]) }];

/** A batch of a transaction. */
function sent(firstOffset: number, producerId: bigint): NamedBatch {
  return { name: `${firstOffset}`, attributes: 16, producerId, firstOffset, records: [{ key: null }] };
}

/** A batch without a transaction, of an idempotent producer that also has transactions. */
function plain(firstOffset: number, producerId = -1n): NamedBatch {
  return { ...sent(firstOffset, producerId), attributes: 0 };
}

function ended(firstOffset: number, producerId: bigint, how: 'commit' | 'abort'): NamedBatch {
  const records = marker(how === 'abort' ? 0 : 1);
  return { name: how, attributes: 48, producerId, firstOffset, records };
}

function visible(batches: readonly NamedBatch[], aborted: readonly AbortedTransaction[] = []): string[] {
  return committedBatches(batches, aborted).map(({ name }) => name);
}

test('committed transactions and plain batches are visible, markers never', () => {
  expect(visible([sent(0, 1n), plain(5), ended(6, 1n, 'commit'), plain(7)])).toEqual(['0', '5', '7']);
});

test('an aborted transaction is not, from its first offset to its marker', () => {
  const batches = [sent(0, 1n), plain(2), sent(3, 1n), ended(5, 1n, 'abort'), sent(6, 1n)];
  expect(visible(batches, [{ producerId: 1n, firstOffset: 0 }])).toEqual(['2', '6']);
});

test('the marker may come in a later fetch', () => {
  const aborted = [{ producerId: 1n, firstOffset: 0 }];
  expect(visible([sent(0, 1n), sent(3, 1n)], aborted)).toEqual([]);
  expect(visible([sent(6, 1n), plain(8), ended(9, 1n, 'abort'), sent(10, 1n)], aborted)).toEqual(['8', '10']);
});

test('a fetch that starts in the middle of an aborted transaction leaves the rest of it out', () => {
  const aborted = [{ producerId: 1n, firstOffset: 2 }];
  expect(visible([sent(50, 1n), ended(52, 1n, 'abort')], aborted)).toEqual([]);
});

test('several aborted transactions of one producer, committed ones in between', () => {
  const batches = [
    sent(0, 1n),
    ended(2, 1n, 'abort'),
    sent(3, 1n),
    ended(5, 1n, 'commit'),
    sent(6, 1n),
    ended(8, 1n, 'abort'),
    sent(9, 1n),
  ];
  const aborted = [
    { producerId: 1n, firstOffset: 6 },
    { producerId: 1n, firstOffset: 0 },
  ];
  expect(visible(batches, aborted)).toEqual(['3', '9']);
});

test('interleaved producers do not hide one another', () => {
  const batches = [
    sent(0, 1n),
    sent(2, 2n),
    sent(4, 1n),
    ended(6, 2n, 'abort'),
    sent(7, 2n),
    ended(9, 1n, 'commit'),
    ended(10, 2n, 'commit'),
  ];
  expect(visible(batches, [{ producerId: 2n, firstOffset: 2 }])).toEqual(['0', '4', '7']);
});

test('a commit marker of another producer, or of the same one, ends no abort', () => {
  const aborted = [{ producerId: 1n, firstOffset: 0 }];
  expect(visible([sent(0, 1n), ended(2, 2n, 'commit'), sent(3, 1n)], aborted)).toEqual([]);
  expect(visible([sent(0, 1n), ended(2, 1n, 'commit'), sent(3, 1n)], aborted)).toEqual([]);
});

test('a plain batch of a producer whose transaction was aborted is visible', () => {
  expect(visible([sent(0, 1n), plain(2, 1n)], [{ producerId: 1n, firstOffset: 0 }])).toEqual(['2']);
});
