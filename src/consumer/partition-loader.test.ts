import { describe, expect, test } from 'bun:test';
import { FakeOrderLog } from '../../test/helpers/fake-order-log.ts';
import { fetched, logRecords } from '../../test/helpers/log-records.ts';
import { rawMessage } from '../../test/helpers/sample-orders.ts';
import type { EpochEnd, LogRange, LogRecord } from '../kafka/read/order-log.ts';
import {
  type Lineage,
  type LogCut,
  type LostRange,
  type StoredOffset,
  UNKNOWN_LINEAGE,
} from '../storage/postgresql/offset-store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { lineageUpTo } from './log-lineage.ts';
import { type IgnoredMove, type Offsets, PartitionLoader } from './partition-loader.ts';

/** An offset alone is one without an epoch. */
type Given = number | readonly [offset: number, leaderEpoch: number] | StoredOffset;

function storedOffset(given: Given): StoredOffset {
  if (typeof given === 'object' && 'offset' in given) return given;
  const [offset, leaderEpoch] = typeof given === 'number' ? [given, -1] : given;
  return { offset, lineage: { ...UNKNOWN_LINEAGE, leaderEpoch } };
}

/** Where an epoch ends, in a log that has later ones. */
const ended = (leaderEpoch: number, end: number): EpochEnd => ({ leaderEpoch, end, newest: false });

/** Offsets in memory. */
class FakeOffsets implements Offsets {
  readonly stored: Map<number, StoredOffset>;
  readonly skipped: LostRange[] = [];
  readonly rewound: (LogCut & { leaderEpoch: number })[] = [];
  failures = 0;
  /** False when another consumer has moved the partition. */
  skips = true;

  constructor(stored: readonly (readonly [number, Given])[]) {
    this.stored = new Map(stored.map(([partition, given]) => [partition, storedOffset(given)]));
  }

  async load(_: unknown, starts: ReadonlyMap<number, number>): Promise<Map<number, StoredOffset>> {
    if (this.failures-- > 0) throw new Error('the database is away');
    for (const [partition, start] of starts)
      if (!this.stored.has(partition)) this.stored.set(partition, storedOffset(start));
    return new Map([...this.stored].filter(([partition]) => starts.has(partition)));
  }

  async otherIncarnations(): Promise<Map<string, number>> {
    return new Map();
  }

  async positions(): Promise<Map<number, number>> {
    return new Map([...this.stored].map(([partition, { offset }]) => [partition, offset]));
  }

  async skip(_: unknown, lost: LostRange): Promise<boolean> {
    if (this.skips) this.skipped.push(lost);
    return this.skips;
  }

  async rewind(_: unknown, cut: LogCut, { leaderEpoch }: Lineage): Promise<boolean> {
    if (this.skips) this.rewound.push({ ...cut, leaderEpoch });
    return this.skips;
  }
}

function setUp(
  stored: readonly (readonly [number, Given])[],
  ranges: readonly (readonly [number, LogRange])[],
  truncationGraceMs = 0,
) {
  const log = new FakeOrderLog();
  log.onRanges = async () => new Map(ranges);
  const offsets = new FakeOffsets(stored);
  const lost: LostRange[] = [];
  const ignored: IgnoredMove[] = [];
  const cuts: LogCut[] = [];
  /** Partitions whose offsets came together. */
  const portions: number[][] = [];
  const loader = new PartitionLoader(log, offsets, {
    group: 'group',
    topic: 'orders',
    retryMinMs: 1,
    retryMaxMs: 2,
    truncationGraceMs,
    onLost: (range) => lost.push(range),
    onIgnoredMove: (move) => ignored.push(move),
    onCut: (cut) => cuts.push(cut),
    logger: silentLogger,
  });
  /** Partition → offset to read from. */
  const load = async (signal = new AbortController().signal) => {
    const partitions = ranges.map(([partition]) => partition);
    const positions = new Map<number, number>();
    for await (const found of loader.load('id', partitions, signal)) {
      portions.push([...found.keys()]);
      for (const [partition, { offset }] of found) positions.set(partition, offset);
    }
    return positions;
  };
  return { log, offsets, lost, cuts, ignored, load, portions };
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

test('after the grace it was cut: without an epoch nobody knows where, so all of it is read again', async () => {
  const { load, lost, cuts } = setUp([[0, 50]], [[0, { start: 3, end: 20 }]], 10);
  expect(await load()).toEqual(new Map([[0, 3]]));
  expect(cuts).toEqual([{ partition: 0, from: 3, to: 50 }]);
  expect(lost).toEqual([]);
});

describe('a log that was cut and has grown again is read on from where the lineages part', () => {
  const cases: [name: string, found: EpochEnd, from: number, epoch: number][] = [
    ['grown past the stored offset', ended(4, 700), 700, 4],
    ['the epoch itself cut short', ended(5, 700), 700, 5],
    ['an earlier epoch ends before', ended(2, 600), 600, 2],
    ['nothing of it is left', ended(-1, -1), 10, -1],
  ];
  test.each(cases)('%s', async (_, found, from, epoch) => {
    const { load, lost, cuts, log, offsets } = setUp([[0, [1_000, 5]]], [[0, { start: 10, end: 1_300 }]]);
    log.onEpochEnds = () => new Map([[0, found]]);
    expect(await load()).toEqual(new Map([[0, from]]));
    expect(cuts).toEqual([{ partition: 0, from, to: 1_000 }]);
    expect(offsets.rewound).toMatchObject([{ leaderEpoch: epoch }]);
    expect(lost).toEqual([]);
  });

  test('grown less, the end of the log is not waited for', async () => {
    const { load, log } = setUp([[0, [1_000, 5]]], [[0, { start: 0, end: 800 }]], 60_000);
    log.onEpochEnds = () => new Map([[0, ended(4, 700)]]);
    expect(await load()).toEqual(new Map([[0, 700]]));
  });

  test('an earlier epoch that goes on behind the stored offset is read again as a whole', async () => {
    const { load, log } = setUp([[0, [60, 4]]], [[0, { start: 0, end: 100 }]]);
    const known = new Map([
      [4, ended(3, 90)],
      [2, ended(2, 20)],
    ]);
    log.onEpochEnds = (epochs) => new Map([...epochs].flatMap(([, epoch]) => [[0, known.get(epoch) ?? ended(-1, -1)]]));
    expect(await load()).toEqual(new Map([[0, 20]]));
  });

  test('what retention has removed of it meanwhile is lost', async () => {
    const { load, log, lost, cuts } = setUp([[0, [1_000, 5]]], [[0, { start: 800, end: 1_300 }]]);
    log.onEpochEnds = () => new Map([[0, ended(4, 700)]]);
    expect(await load()).toEqual(new Map([[0, 800]]));
    expect(cuts).toEqual([{ partition: 0, from: 700, to: 1_000 }]);
    expect(lost).toEqual([{ partition: 0, from: 700, to: 800, reason: 'retention' }]);
  });
});

describe('an epoch that was given out again', () => {
  /** A log of one epoch, 5, from `start` to `end`, later epochs behind it unless it is the newest. */
  const logOf = (start: number, end: number, newest: boolean) => (epochs: ReadonlyMap<number, number>) =>
    new Map(
      [...epochs].map(([partition, epoch]) => [partition, epoch < 5 ? ended(3, start) : { ...ended(5, end), newest }]),
    );
  const record = (text: string): LogRecord => {
    const [first] = logRecords([rawMessage(text)], 999);
    if (first === undefined) throw new Error('no record');
    return first;
  };
  const stored = { offset: 1_000, lineage: lineageUpTo(record('ours'), { leaderEpoch: 5, epochStart: 800 }) };

  const cases = [
    ['begins earlier and ends later', 500, 1_300, true, 'other', 500],
    ['begins later and ends later', 900, 1_300, true, 'other', 800],
    ['begins earlier, and compaction has removed the last record', 500, 1_300, true, undefined, 500],
    ['begins at the same offset', 800, 1_300, false, 'other', 800],
    ['begins at the same offset and is the newest of a shorter log', 800, 900, true, undefined, 800],
    ['begins earlier and ends before', 500, 900, false, undefined, 500],
  ] as const;
  test.each(cases)('%s', async (_, start, end, newest, last, from) => {
    const { load, log, cuts } = setUp([[0, stored]], [[0, { start: 0, end: 1_300 }]]);
    log.onEpochEnds = logOf(start, end, newest);
    log.onFetch = async () => [fetched(0, last === undefined ? [] : [record(last)])];
    expect(await load()).toEqual(new Map([[0, from]]));
    expect(cuts).toEqual([{ partition: 0, from, to: 1_000 }]);
  });

  test('is not: compaction has moved its beginning on a new leader', async () => {
    const { load, log, cuts } = setUp([[0, stored]], [[0, { start: 0, end: 1_300 }]]);
    log.onEpochEnds = logOf(850, 1_300, true);
    log.onFetch = async (positions) =>
      positions.get(0) === 999 ? [fetched(0, [record('ours')])] : [fetched(0, logRecords([rawMessage('later')], 850))];
    expect(await load()).toEqual(new Map([[0, 1_000]]));
    expect(cuts).toEqual([]);
  });

  test.each([
    ['the very log that was stored', { start: 0, end: 1_300 }, 'ours', 1_000],
    ['what is stored of it was compacted', { start: 0, end: 1_300 }, undefined, 1_000],
    ['retention has removed its beginning', { start: 950, end: 1_300 }, 'ours', 1_000],
  ] as const)('is not: %s', async (_, range, last, from) => {
    const { load, log, cuts } = setUp([[0, stored]], [[0, range]]);
    log.onEpochEnds = logOf(Math.max(800, range.start), 1_300, true);
    log.onFetch = async () => [fetched(0, last === undefined ? [] : [record(last)])];
    expect(await load()).toEqual(new Map([[0, from]]));
    expect(cuts).toEqual([]);
  });
});

test('a leader that has not heard of later epochs gets its grace', async () => {
  const { load, log, cuts } = setUp([[0, [1_000, 5]]], [[0, { start: 0, end: 1_300 }]], 60_000);
  let asked = 0;
  log.onEpochEnds = () => new Map([[0, ++asked < 4 ? ended(-1, -1) : { ...ended(5, 1_300), newest: true }]]);
  expect(await load()).toEqual(new Map([[0, 1_000]]));
  expect(cuts).toEqual([]);
});

test('a partition without a leader does not keep the others from being read', async () => {
  const ranges = [0, 1, 2].map((partition) => [partition, { start: 0, end: 90 }] as const);
  const { load, log, portions } = setUp([[1, 40]], ranges);
  let looks = 0;
  log.onRanges = async (asked) =>
    new Map(ranges.filter(([partition]) => asked.includes(partition) && (partition !== 1 || ++looks > 2)));
  expect(await load()).toEqual(
    new Map([
      [0, 0],
      [1, 40],
      [2, 0],
    ]),
  );
  expect(portions).toEqual([[0, 2], [1]]);
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
  expect(await load(controller.signal)).toEqual(new Map());
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
