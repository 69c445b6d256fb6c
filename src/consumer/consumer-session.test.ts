import { expect, test } from 'bun:test';
import { FakeOrderLog } from '../../test/helpers/fake-order-log.ts';
import { fetched, logRecords } from '../../test/helpers/log-records.ts';
import { messageOf, sampleOrder } from '../../test/helpers/sample-orders.ts';
import { until } from '../../test/helpers/until.ts';
import type { FetchedPartition } from '../kafka/read/order-log.ts';
import { AppError } from '../lib/app-error.ts';
import { UNKNOWN_LINEAGE } from '../storage/postgresql/offset-store.ts';
import type { BatchResult, OrderBatch } from '../storage/postgresql/order-writer.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { BatchStorer } from './batch-storer.ts';
import { ConsumerSession } from './consumer-session.ts';
import { PartitionLoader } from './partition-loader.ts';

const SETTINGS = {
  maxBatchOrders: 100,
  maxBufferedBytes: 1_000_000,
  fetchWaitMs: 5,
  transactionsInFlight: 2,
  retryMinMs: 1,
  retryMaxMs: 2,
  stallMs: 30_000,
  closeMs: 400,
  movedCheckMs: 5,
  logger: silentLogger,
};

/** A log of ten orders a partition, a database in memory, and a session that brings the one into the other. */
function setUp(partitions: readonly number[], settings: Partial<typeof SETTINGS> = {}, log = new FakeOrderLog()) {
  const stored = new Map<number, number>();
  const state = {
    beforeWrite: (_: OrderBatch): Promise<void> => Promise.resolve(),
    ends: new Map(partitions.map((partition) => [partition, 10])),
    written: [] as string[],
    /** Offsets of the records written. */
    offsets: [] as number[],
  };
  const options = { ...SETTINGS, ...settings };
  log.onFetch = async (positions) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return [...positions].flatMap(([partition, from]): FetchedPartition[] => {
      const count = Math.max(0, (state.ends.get(partition) ?? 0) - from);
      const messages = Array.from({ length: count }, (_, at) => messageOf(sampleOrder(`${partition}-${from + at}`)));
      return count === 0 ? [] : [fetched(partition, logRecords(messages, from))];
    });
  };
  const write = async (batch: OrderBatch): Promise<BatchResult> => {
    await state.beforeWrite(batch);
    for (const { partition, from } of batch.moves) {
      if (stored.get(partition) !== from) throw new AppError('fenced', `${partition} is not at ${from}`);
    }
    const offsets: number[] = [];
    const rows = {
      addScanned: (_scan: unknown, _partition: number, offset: number) => offsets.push(offset),
      addOrder: (_order: unknown, _plain: boolean, _partition: number, offset: number) => offsets.push(offset),
    };
    for (const _ of batch.slices(rows)) {
      // Only what they add counts.
    }
    await batch.beforeCommit([]);
    state.offsets.push(...offsets);
    for (const { partition, from, to } of batch.moves) {
      stored.set(partition, to);
      state.written.push(`${partition}: ${from}-${to}`);
    }
    return { changed: [], written: 0, unchanged: 0, scattered: [] };
  };
  const storer = new BatchStorer(
    { write },
    {
      ...options,
      topic: 'orders',
      maxOrderBytes: 100_000,
      now: Date.now,
      sendDeadLetters: async () => {},
      onChanged: () => {},
    },
  );
  const offsets = {
    load: async (_: unknown, starts: ReadonlyMap<number, number>) => {
      for (const partition of starts.keys()) if (!stored.has(partition)) stored.set(partition, 0);
      return new Map(
        [...starts.keys()].map((partition) => [
          partition,
          { offset: stored.get(partition) ?? 0, lineage: UNKNOWN_LINEAGE },
        ]),
      );
    },
    otherIncarnations: async () => new Map<string, number>(),
    skip: async () => true,
    rewind: async () => true,
    positions: async () => new Map(stored),
  };
  const told = { onLost: () => {}, onCut: () => {}, onIgnoredMove: () => {} };
  const loading = { group: 'group', topic: 'orders', truncationGraceMs: 0, ...told };
  const loader = new PartitionLoader(log, offsets, { ...options, ...loading });
  const session = new ConsumerSession(log, loader, storer, options);
  const ran = session.run();
  const assign = (...now: number[]): void => log.assign({ topicId: 'id', partitions: now });
  return { log, session, stored, state, ran, assign };
}

const at = (stored: ReadonlyMap<number, number>, partition: number, offset: number): Promise<void> =>
  until(() => stored.get(partition) === offset);

test('what is assigned is fetched, stored and passed on to Kafka; the end leaves the group', async () => {
  const { log, session, stored, ran, assign } = setUp([0, 1]);
  assign(0, 1);
  await at(stored, 0, 10);
  await at(stored, 1, 10);
  session.end();
  expect(await ran).toBeUndefined();
  expect(new Map(log.commits.flat())).toEqual(
    new Map([
      [0, 10],
      [1, 10],
    ]),
  );
  expect([log.closed, session.queues.size]).toEqual([1, 0]);
});

test('a revoked partition’s batch is not committed, and nothing more of it is fetched', async () => {
  const { log, session, stored, state, ran, assign } = setUp([0]);
  const gate = Promise.withResolvers<void>();
  let began = false;
  state.beforeWrite = () => {
    began = true;
    return gate.promise;
  };
  assign(0);
  await until(() => began);
  assign();
  gate.resolve();
  const fetches = log.fetches.length;
  state.ends.set(0, 20);
  session.end();
  await ran;
  expect([stored.get(0), state.written]).toEqual([0, []]);
  expect(log.fetches.slice(fetches).every(({ positions }) => !positions.has(0))).toBe(true);
});

test('a fenced batch is dropped, and reading goes on from where the database is', async () => {
  const { session, stored, state, ran, assign } = setUp([0]);
  let moved = false;
  state.beforeWrite = async () => {
    // Another consumer was faster, once.
    if (!moved) stored.set(0, 4);
    moved = true;
  };
  assign(0);
  await at(stored, 0, 10);
  session.end();
  await ran;
  expect(state.written).toEqual(['0: 4-10']);
});

test('an offset that is moved while nothing comes in is read on from all the same', async () => {
  const { session, stored, state, ran, assign } = setUp([0, 1]);
  assign(0, 1);
  await at(stored, 0, 10);
  await at(stored, 1, 10);
  stored.set(0, 3);
  await at(stored, 0, 10);
  session.end();
  await ran;
  expect(state.written.filter((one) => one.startsWith('0'))).toEqual(['0: 0-10', '0: 3-10']);
  expect(state.written.filter((one) => one.startsWith('1'))).toEqual(['1: 0-10']);
});

test('a partition given back is read from the database’s offset, not from where this member was', async () => {
  const { session, stored, state, ran, assign } = setUp([0]);
  assign(0);
  await at(stored, 0, 10);
  assign();
  stored.set(0, 12);
  state.ends.set(0, 15);
  assign(0);
  await at(stored, 0, 15);
  session.end();
  await ran;
  expect(state.written).toEqual(['0: 0-10', '0: 12-15']);
});

test('what a fetch brings for a partition that was taken and given back meanwhile is not used', async () => {
  const { log, session, stored, state, ran, assign } = setUp([0]);
  const fetch = log.onFetch;
  const late = Promise.withResolvers<void>();
  log.onFetch = async (positions) => {
    const brought = await fetch(positions);
    if (log.fetches.length === 1) await late.promise;
    return brought;
  };
  assign(0);
  await until(() => log.fetches.length === 1);
  assign();
  stored.set(0, 5);
  assign(0);
  await until(() => session.queues.get(0)?.position === 5);
  late.resolve();
  await at(stored, 0, 10);
  session.end();
  await ran;
  expect(state.offsets).toEqual([5, 6, 7, 8, 9]);
});

test('fetching stops while the buffer is full, even of partitions with room, and goes on when it is stored', async () => {
  const { log, session, stored, state, ran, assign } = setUp([0, 1], { maxBufferedBytes: 1 });
  state.ends.set(1, 0);
  const gate = Promise.withResolvers<void>();
  let began = false;
  state.beforeWrite = () => {
    began = true;
    return gate.promise;
  };
  assign(0, 1);
  await until(() => began);
  const fetches = log.fetches.length;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(log.fetches.length).toBe(fetches);
  state.ends.set(0, 14);
  gate.resolve();
  await at(stored, 0, 14);
  session.end();
  await ran;
});

test('a partition that waits does not hold up the others', async () => {
  const { session, stored, state, ran, assign } = setUp([0, 1], { maxBatchOrders: 10 });
  const gate = Promise.withResolvers<void>();
  state.beforeWrite = (batch) =>
    batch.moves.some(({ partition }) => partition === 0) ? gate.promise : Promise.resolve();
  assign(0, 1);
  for (let end = 10; end <= 50; end += 10) {
    state.ends.set(1, end);
    await at(stored, 1, end);
  }
  expect(stored.get(0)).toBe(0);
  gate.resolve();
  await at(stored, 0, 10);
  session.end();
  await ran;
});

test('a database that never answers does not hold the end for long', async () => {
  const { session, state, ran, assign } = setUp([0]);
  let began = false;
  state.beforeWrite = () => {
    began = true;
    return new Promise(() => {});
  };
  assign(0);
  await until(() => began);
  const start = performance.now();
  session.end();
  await ran;
  expect(performance.now() - start).toBeLessThan(5_000);
  expect(state.written).toEqual([]);
});

test('the client is given up: when it says so, when fetches keep failing, when the topic is gone', async () => {
  const said = setUp([0]);
  said.log.lose('heartbeats');
  expect(await said.ran).toBe('heartbeats');

  const failing = setUp([0], { stallMs: 20 });
  failing.log.onFetch = () => Promise.reject(new AppError('kafka_unavailable', 'no broker', { retryable: true }));
  failing.assign(0);
  expect(await failing.ran).toBe('no broker');
  expect(failing.log.fetches.length).toBeGreaterThan(1);

  const gone = setUp([0]);
  gone.log.onFetch = () => Promise.reject(new AppError('topic_missing', 'gone', { retryable: true }));
  gone.assign(0);
  expect(await gone.ran).toBe('gone');
  expect(gone.log.fetches.length).toBe(1);
});

test('a join that never ends does not hold the end', async () => {
  const log = new FakeOrderLog();
  let joining = false;
  log.onStart = () => {
    joining = true;
    return new Promise(() => {});
  };
  const { session, ran } = setUp([], {}, log);
  await until(() => joining);
  session.end();
  await ran;
  expect(log.closed).toBe(1);
});
