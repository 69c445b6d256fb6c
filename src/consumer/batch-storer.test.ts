import { expect, test } from 'bun:test';
import { fetched, logRecords } from '../../test/helpers/log-records.ts';
import { messageOf, rawMessage, sampleOrder } from '../../test/helpers/sample-orders.ts';
import type { OutgoingMessage } from '../kafka/send/message-sender.ts';
import { AppError } from '../lib/app-error.ts';
import type { OrderRows } from '../storage/postgresql/copy-rows.ts';
import type { BatchResult, OrderBatch } from '../storage/postgresql/order-writer.ts';
import { ranOutOfTime, toDatabaseError } from '../storage/postgresql/sql-error.ts';
import type { StoredBatch } from '../telemetry/consumer-meter.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { BatchStorer, type BatchStorerOptions } from './batch-storer.ts';
import type { RejectedRecord } from './dead-letter.ts';
import { type Part, PartitionQueue } from './partition-queue.ts';

/** A sink in memory. `verdict` gets the batch's offsets, and may throw what a database would before the commit. */
class FakeSink {
  readonly stored: number[] = [];
  readonly moves: string[] = [];
  attempts = 0;
  verdict: (offsets: readonly number[], attempt: number) => void = () => {};
  /** Uids the merge reports as changed. */
  changed: readonly string[] = [];
  /** Uids the merge reports as versions of several partitions. */
  scattered: readonly string[] = [];
  /** Thrown when all is committed: the answer is lost. */
  lostAnswer: Error | undefined;

  async write(batch: OrderBatch): Promise<BatchResult> {
    this.attempts += 1;
    const offsets: number[] = [];
    const rows: OrderRows = {
      addScanned: (_scan, _partition, offset) => offsets.push(offset),
      addOrder: (_order, _plain, _partition, offset) => offsets.push(offset),
    };
    for (const _ of batch.slices(rows)) {
      // Only what they add counts.
    }
    this.verdict(offsets, this.attempts);
    await batch.beforeCommit(this.changed);
    this.stored.push(...offsets);
    this.moves.push(...batch.moves.map(({ from, to }) => `${from}-${to}`));
    if (this.lostAnswer !== undefined) throw this.lostAnswer;
    return { changed: this.changed, written: offsets.length, unchanged: 0, scattered: this.scattered };
  }
}

interface Setup {
  readonly sink: FakeSink;
  readonly storer: BatchStorer;
  readonly letters: RejectedRecord[];
  readonly announced: string[][];
  now: number;
}

function setUp(options: Partial<BatchStorerOptions> = {}): Setup {
  const sink = new FakeSink();
  const letters: RejectedRecord[] = [];
  const announced: string[][] = [];
  const setup = { sink, letters, announced, now: Date.parse('2026-01-01T00:00:00Z') };
  const storer = new BatchStorer(sink, {
    topic: 'orders',
    maxOrderBytes: 100_000,
    retryMinMs: 1,
    retryMaxMs: 2,
    now: () => setup.now,
    sendDeadLetters: async (sent) => void letters.push(...sent),
    onChanged: (uids) => void announced.push([...uids]),
    logger: silentLogger,
    ...options,
  });
  return Object.assign(setup, { storer });
}

function partOf(messages: readonly OutgoingMessage[]): Part {
  const queue = new PartitionQueue('topic', 0, 0);
  queue.push(fetched(0, logRecords(messages)));
  return queue.take(messages.length);
}

const orders = (count: number): OutgoingMessage[] =>
  Array.from({ length: count }, (_, at) => messageOf(sampleOrder(`order-${at}`)));
const never = new AbortController().signal;
const outage = new AppError('database_unavailable', 'down', { retryable: true });
/** The offset of the order that is only tried. */
const TRIED = -1;
const offsetsOf = (letters: readonly RejectedRecord[]): number[] => letters.map(({ record }) => record.offset);

test('an outage is waited out: the same batch again, no dead letter, and `waiting` while it lasts', async () => {
  const { sink, storer, letters } = setUp();
  const waiting: number[] = [];
  sink.verdict = (_, attempt) => {
    waiting.push(storer.waiting);
    if (attempt < 4) throw outage;
  };
  expect(await storer.store([partOf(orders(3))], never)).toBe('stored');
  expect([sink.stored, sink.attempts, letters]).toEqual([[0, 1, 2], 4, []]);
  expect([...waiting, storer.waiting]).toEqual([0, 1, 1, 1, 0]);
});

test('a stop does not sit out a long pause: the batch is tried again at once', async () => {
  const { sink, storer } = setUp({ retryMinMs: 600_000, retryMaxMs: 600_000 });
  const stop = new AbortController();
  sink.verdict = (_, attempt) => {
    if (attempt > 1) return;
    setTimeout(() => stop.abort(), 1);
    throw outage;
  };
  expect(await storer.store([partOf(orders(1))], never, stop.signal)).toBe('stored');
  expect(sink.attempts).toBe(2);
});

test('bad messages become dead letters before the commit, and are counted', async () => {
  const { sink, storer, letters } = setUp();
  sink.verdict = () => expect(letters).toEqual([]);
  const part = partOf([...orders(2), rawMessage('{'), rawMessage(null)]);
  expect(await storer.store([part], never)).toBe('stored');
  expect(letters.map(({ rejection }) => rejection.reason)).toEqual(['not_json', 'tombstone']);
  expect(storer.counts).toEqual({ written: 2, unchanged: 0, changed: 0, deadLettered: 2 });
});

test('a dead letter the broker has is not sent again by the next attempt', async () => {
  const { sink, storer, letters } = setUp();
  const part = partOf([rawMessage('{'), ...orders(1)]);
  sink.lostAnswer = outage;
  sink.verdict = (_, attempt) => {
    if (attempt === 3) sink.lostAnswer = undefined;
  };
  await storer.store([part], never);
  expect([sink.attempts, letters.length]).toEqual([3, 1]);
});

test('dead letters that can’t be sent hold the batch back', async () => {
  let failures = 3;
  const { sink, storer } = setUp({
    sendDeadLetters: async () => {
      failures -= 1;
      if (failures >= 0) throw new AppError('kafka_unavailable', 'down', { retryable: true });
    },
  });
  expect(await storer.store([partOf([rawMessage('{'), ...orders(1)])], never)).toBe('stored');
  expect([sink.attempts, sink.stored]).toEqual([4, [1]]);
});

test('a message whose dead letter was sent stays one when the clock makes it an order', async () => {
  const setup = setUp();
  const { sink, storer, letters } = setup;
  const order = sampleOrder('tomorrow', 1, { date_created: '2026-01-02T00:00:30Z' });
  sink.lostAnswer = outage;
  // A minute passes while the database is away.
  sink.verdict = (_, attempt) => {
    setup.now += 60_000;
    if (attempt === 2) sink.lostAnswer = undefined;
  };
  expect(await storer.store([partOf([messageOf(order)])], never)).toBe('stored');
  expect(letters.map(({ rejection }) => rejection.reason)).toEqual(['future_date']);
  expect(sink.stored).toEqual([]);
});

test.each([0, 1, 250, 498, 499])('of 500 orders only the refused one (%i) is a dead letter', async (bad) => {
  const { sink, storer, letters } = setUp();
  sink.verdict = (offsets) => {
    if (offsets.includes(bad)) throw new AppError('database_rejected', 'check constraint');
  };
  expect(await storer.store([partOf(orders(500))], never)).toBe('stored');
  expect(offsetsOf(letters)).toEqual([bad]);
  expect(letters[0]?.rejection).toMatchObject({ reason: 'database_rejected' });
  expect(sink.stored).toEqual(Array.from({ length: 500 }, (_, at) => at).filter((at) => at !== bad));
  // Halving takes about two attempts a level.
  expect(sink.attempts).toBeLessThan(25);
});

test('halves move the offsets without a gap between them', async () => {
  const { sink, storer } = setUp();
  sink.verdict = (offsets) => {
    if (offsets.includes(2)) throw new AppError('database_rejected', 'check constraint');
  };
  await storer.store([partOf(orders(8))], never);
  const moves = sink.moves.map((move) => move.split('-').map(Number));
  expect(moves.map(([from]) => from)).toEqual([0, ...moves.slice(0, -1).map(([, to]) => to)]);
  expect(moves.at(-1)?.[1]).toBe(8);
});

test('what refuses every order is waited out: no dead letter, and all is stored once it is mended', async () => {
  const { sink, storer, letters } = setUp();
  const waiting: number[] = [];
  let mended = false;
  sink.verdict = () => {
    waiting.push(storer.waiting);
    if (waiting.length > 12) mended = true;
    if (!mended) throw new AppError('database_rejected', 'null value in column "tenant"');
  };
  expect(await storer.store([partOf(orders(3))], never)).toBe('stored');
  expect([sink.stored, letters]).toEqual([[0, 1, 2], []]);
  expect([waiting.includes(1), storer.waiting]).toEqual([true, 0]);
});

test('an order is to blame when another one was stored meanwhile, though the tried one is refused, too', async () => {
  const { sink, storer, letters } = setUp();
  sink.verdict = (offsets) => {
    // The tried order stands at no offset of the partition.
    if (offsets.includes(3) || offsets.includes(TRIED)) throw new AppError('database_rejected', 'not of acme');
  };
  expect(await storer.store([partOf(orders(6))], never)).toBe('stored');
  expect([sink.stored, offsetsOf(letters)]).toEqual([[0, 1, 2, 4, 5], [3]]);
});

test('an order that is refused until the moment another one is tried is not blamed', async () => {
  const { sink, storer, letters } = setUp();
  sink.verdict = (_, attempt) => {
    if (attempt === 1) throw new AppError('database_rejected', 'null value in column "tenant"');
  };
  expect(await storer.store([partOf(orders(1))], never)).toBe('stored');
  expect([sink.stored, letters]).toEqual([[0], []]);
});

test('an order that is only tried ends like no time-out, which would cost all sessions', async () => {
  const { sink, storer } = setUp();
  const ends: unknown[] = [];
  const write = sink.write.bind(sink);
  sink.write = (batch) =>
    write(batch).catch((error) => {
      ends.push(error);
      throw error;
    });
  sink.verdict = (offsets) => {
    if (offsets.includes(0)) throw new AppError('database_rejected', 'check constraint');
  };
  expect(await storer.store([partOf(orders(1))], never)).toBe('stored');
  expect(ends).toMatchObject([{ code: 'database_rejected' }, {}, { code: 'database_rejected' }]);
  expect(ends.map(ranOutOfTime)).toEqual([false, false, false]);
});

test('an outage while an order is tried is an outage', async () => {
  const { sink, storer, letters } = setUp();
  sink.verdict = (offsets, attempt) => {
    if (attempt === 2) throw outage;
    if (offsets.includes(0)) throw new AppError('database_rejected', 'check constraint');
  };
  expect(await storer.store([partOf(orders(1))], never)).toBe('stored');
  expect([sink.attempts, offsetsOf(letters)]).toEqual([6, [0]]);
});

test('fenced: nothing more is tried, not even the second half', async () => {
  const { sink, storer } = setUp();
  sink.verdict = () => {
    throw new AppError('fenced', 'moved');
  };
  expect(await storer.store([partOf(orders(4))], never)).toBe('fenced');
  expect(sink.attempts).toBe(1);
});

test('fenced in the first half of a refused batch: the second is not tried', async () => {
  const { sink, storer } = setUp();
  sink.verdict = (_, attempt) => {
    if (attempt === 1) throw new AppError('database_rejected', 'check constraint');
    if (attempt === 2) throw new AppError('fenced', 'moved');
  };
  expect(await storer.store([partOf(orders(4))], never)).toBe('fenced');
  expect([sink.attempts, sink.stored]).toEqual([2, []]);
});

test('a partition revoked while the batch is on its way: abandoned before the commit', async () => {
  const { sink, storer } = setUp();
  const part = partOf(orders(2));
  sink.verdict = () => {
    part.queue.revoked = true;
  };
  expect(await storer.store([part], never)).toBe('abandoned');
  expect(sink.stored).toEqual([]);
});

test('an abandoned batch is no failure of the database: nothing is said to fail', async () => {
  const warnings: string[] = [];
  const warn = (_fields: object, message: string) => void warnings.push(message);
  const { sink, storer } = setUp({ logger: { ...silentLogger, warn } });
  const part = partOf(orders(2));
  sink.verdict = () => {
    part.queue.revoked = true;
  };
  // As the writer does with whatever ends its transaction.
  const write = sink.write.bind(sink);
  sink.write = (batch) => write(batch).catch((error: unknown) => Promise.reject(toDatabaseError(error, 'storing')));
  expect(await storer.store([part], never)).toBe('abandoned');
  expect(warnings).toEqual([]);
});

test('an abort ends the waiting for a database at once', async () => {
  const { sink, storer } = setUp({ retryMinMs: 60_000, retryMaxMs: 60_000 });
  const controller = new AbortController();
  sink.verdict = () => {
    setTimeout(() => controller.abort(), 5);
    throw outage;
  };
  expect(await storer.store([partOf(orders(2))], controller.signal)).toBe('abandoned');
  expect(storer.waiting).toBe(0);
});

test('changed orders are announced after the commit, and also when its answer was lost', async () => {
  const { sink, storer, announced } = setUp();
  sink.changed = ['a', 'b'];
  sink.verdict = () => expect(announced).toEqual([]);
  await storer.store([partOf(orders(1))], never);
  expect(announced).toEqual([['a', 'b']]);
  announced.length = 0;
  sink.lostAnswer = new AppError('fenced', 'it was committed');
  sink.verdict = () => {};
  await storer.store([partOf(orders(1))], never);
  expect(new Set(announced.flat())).toEqual(new Set(['a', 'b']));
});

test('what an attempt without an answer may have changed is announced again when all is settled', async () => {
  const { sink, storer, announced } = setUp();
  sink.changed = ['a'];
  sink.lostAnswer = outage;
  sink.verdict = (_, attempt) => {
    if (attempt === 1) return;
    // The first attempt's commit may have come through only now.
    announced.length = 0;
    throw new AppError('fenced', 'it was committed');
  };
  expect(await storer.store([partOf(orders(1))], never)).toBe('fenced');
  expect(announced).toEqual([['a']]);
});

test('versions of one order from several partitions are counted, and warned of once', async () => {
  const warnings: unknown[] = [];
  const told: StoredBatch[] = [];
  const warn = (fields: object, message: string) => void warnings.push([fields, message]);
  const { sink, storer } = setUp({
    logger: { ...silentLogger, warn },
    onStored: (batch) => told.push(batch),
  });
  for (const scattered of [[], ['a', 'b'], ['c']]) {
    sink.scattered = scattered;
    await storer.store([partOf(orders(3))], never);
  }
  expect(told.map(({ scattered }) => scattered)).toEqual([0, 2, 1]);
  expect(warnings).toEqual([[{ orderUid: 'a', topic: 'orders' }, expect.stringContaining('from several partitions')]]);
});

test('tells of each committed batch once: what became of it, and how old its orders were', async () => {
  const told: StoredBatch[] = [];
  const { sink, storer, now } = setUp({ onStored: (batch) => told.push(batch) });
  sink.verdict = (_, attempt) => {
    if (attempt === 1) throw new AppError('database_unavailable', 'down', { retryable: true });
  };
  const of = (headers: Record<string, string>) => (_: unknown, at: number) =>
    messageOf(sampleOrder(`uid-${at}`), { headers: { 'produced-at': String(now - 250), ...headers } });
  const orders = [
    ...Array.from({ length: 100 }, of({})),
    ...Array.from({ length: 60 }, of({ 'dl-replays': '1' })),
    ...Array.from({ length: 40 }, of({ 'produced-at': '1' })),
  ];
  await storer.store([partOf([...orders, rawMessage('{')])], new AbortController().signal);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ records: 201, written: 200, changed: 0, rejected: ['not_json'] });
  expect(told[0]?.agesMs).toEqual(Array.from({ length: 25 }, () => 250));
  expect(told[0]?.unmeasured).toEqual({ redriven: 15, clock: 10, repeated: 0 });
});
