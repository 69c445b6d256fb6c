import { expect, test } from 'bun:test';
import { FakeOrderLog } from '../../test/helpers/fake-order-log.ts';
import type { LogRange } from '../kafka/order-log.ts';
import type { LostRange } from '../storage/postgresql/offset-store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { type IgnoredMove, type Offsets, PartitionLoader } from './partition-loader.ts';

/** Offsets in memory. */
class FakeOffsets implements Offsets {
  readonly stored: Map<number, number>;
  readonly skipped: LostRange[] = [];
  failures = 0;
  /** False when another consumer has moved the partition. */
  skips = true;

  constructor(stored: readonly (readonly [number, number])[]) {
    this.stored = new Map(stored);
  }

  async load(_: unknown, starts: ReadonlyMap<number, number>): Promise<Map<number, number>> {
    if (this.failures-- > 0) throw new Error('the database is away');
    for (const [partition, start] of starts)
      if (!this.stored.has(partition)) this.stored.set(partition, start);
    return new Map([...starts.keys()].map((partition) => [partition, this.stored.get(partition) ?? -1]));
  }

  async otherIncarnations(): Promise<Map<string, number>> {
    return new Map();
  }

  async positions(): Promise<Map<number, number>> {
    return new Map(this.stored);
  }

  async skip(_: unknown, lost: LostRange): Promise<boolean> {
    if (this.skips) this.skipped.push(lost);
    return this.skips;
  }
}

function setUp(
  stored: readonly (readonly [number, number])[],
  ranges: readonly (readonly [number, LogRange])[],
  truncationGraceMs = 0,
) {
  const log = new FakeOrderLog();
  log.onRanges = async () => new Map(ranges);
  const offsets = new FakeOffsets(stored);
  const lost: LostRange[] = [];
  const ignored: IgnoredMove[] = [];
  const loader = new PartitionLoader(log, offsets, {
    group: 'group',
    topic: 'orders',
    retryMinMs: 1,
    retryMaxMs: 2,
    truncationGraceMs,
    onLost: (range) => lost.push(range),
    onIgnoredMove: (move) => ignored.push(move),
    logger: silentLogger,
  });
  const load = (signal = new AbortController().signal) =>
    loader.load(
      'id',
      ranges.map(([partition]) => partition),
      signal,
    );
  return { log, offsets, lost, ignored, load };
}

test('the database’s offset wins; a partition seen for the first time starts where the log does', async () => {
  const { load, lost } = setUp(
    [[0, 40]],
    [
      [0, { start: 10, end: 90 }],
      [1, { start: 7, end: 9 }],
    ],
  );
  expect(await load()).toEqual(
    new Map([
      [0, 40],
      [1, 7],
    ]),
  );
  expect(lost).toEqual([]);
});

test('a log that starts behind the stored offset has lost the range in between', async () => {
  const { load, lost, offsets } = setUp([[0, 5]], [[0, { start: 10, end: 90 }]]);
  expect(await load()).toEqual(new Map([[0, 10]]));
  expect(lost).toEqual([{ partition: 0, from: 5, to: 10, reason: 'retention' }]);
  expect(offsets.skipped).toEqual(lost);
});

test('a log that has started right at the stored offset, or ends there, has lost nothing', async () => {
  for (const range of [
    { start: 5, end: 90 },
    { start: 0, end: 5 },
  ]) {
    const { load, lost } = setUp([[0, 5]], [[0, range]]);
    expect(await load()).toEqual(new Map([[0, 5]]));
    expect(lost).toEqual([]);
  }
});

test('a loss another consumer has written down already is not told twice', async () => {
  const { load, lost, offsets } = setUp([[0, 5]], [[0, { start: 10, end: 90 }]]);
  offsets.skips = false;
  expect(await load()).toEqual(new Map([[0, 10]]));
  expect(lost).toEqual([]);
});

test('a log that ends before the stored offset gets its grace: a broker just started shows less for a moment', async () => {
  const { load, lost, log } = setUp([[0, 50]], [[0, { start: 0, end: 50 }]], 60_000);
  let looks = 0;
  log.onRanges = async () => {
    looks += 1;
    return new Map([[0, { start: 0, end: looks < 4 ? 20 : 50 }]]);
  };
  expect(await load()).toEqual(new Map([[0, 50]]));
  expect([looks, lost]).toEqual([4, []]);
});

test('after the grace it is a loss, and reading goes on at the end', async () => {
  const { load, lost } = setUp([[0, 50]], [[0, { start: 0, end: 20 }]], 10);
  expect(await load()).toEqual(new Map([[0, 20]]));
  expect(lost).toEqual([{ partition: 0, from: 50, to: 20, reason: 'log_truncated' }]);
});

test('a database or a broker that is away is waited for; an abort ends the waiting', async () => {
  const { load, offsets, log } = setUp([[0, 5]], [[0, { start: 0, end: 9 }]]);
  offsets.failures = 3;
  expect(await load()).toEqual(new Map([[0, 5]]));
  const controller = new AbortController();
  log.onRanges = async () => {
    setTimeout(() => controller.abort(), 5);
    throw new Error('no broker');
  };
  expect(await load(controller.signal)).toBeUndefined();
});

test('an offset moved by hand in Kafka is told of; one that a crash left behind is not', async () => {
  const { load, log, ignored } = setUp(
    [
      [0, 40],
      [1, 40],
      [2, 40],
    ],
    [0, 1, 2, 3].map((partition) => [partition, { start: 0, end: 90 }]),
  );
  log.inKafka.set(0, { offset: 0, byHand: true });
  log.inKafka.set(1, { offset: 31, byHand: false });
  log.inKafka.set(2, { offset: 40, byHand: true });
  await load();
  expect(ignored).toEqual([{ partition: 0, movedTo: 0, stored: 40 }]);
});
