import { afterEach, beforeEach, expect, jest, test } from 'bun:test';
import { FakeOrderLog } from '../../test/helpers/fake-order-log.ts';
import { PartitionQueue } from './partition-queue.ts';
import { Watchdog } from './watchdog.ts';

const STALL_MS = 2_000;
const dogs: Watchdog[] = [];

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  for (const dog of dogs.splice(0)) dog.stop();
  jest.useRealTimers();
});

function setUp() {
  const log = new FakeOrderLog();
  const queue = new PartitionQueue('topic', 0, 10);
  const stalls: string[] = [];
  const state = { waiting: false };
  log.onRanges = async () => new Map([[0, { start: 0, end: 15 }]]);
  const dog = new Watchdog(log, {
    stallMs: STALL_MS,
    queues: () => new Map([[0, queue]]),
    isWaiting: () => state.waiting,
    onStall: (reason) => stalls.push(reason),
  });
  dogs.push(dog);
  dog.start();
  return { log, queue, stalls, state, dog };
}

/** Lets the clock run, with what hangs on promises in between. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    jest.advanceTimersByTime(250);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

test('lag without progress is a stall, after its time and not before', async () => {
  const { stalls } = setUp();
  await pass(STALL_MS - 500);
  expect(stalls).toEqual([]);
  await pass(1_500);
  expect(stalls[0]).toBe('5 messages are waiting but not arriving');
});

test('no lag, no stall, however long nothing moves', async () => {
  const { stalls, queue } = setUp();
  queue.stored = 15;
  await pass(10 * STALL_MS);
  expect(stalls).toEqual([]);
});

test('progress starts the time anew', async () => {
  const { stalls, queue } = setUp();
  for (let step = 0; step < 4; step += 1) {
    await pass(STALL_MS - 500);
    queue.stored += 1;
  }
  expect(stalls).toEqual([]);
});

test('while storing waits for an engine no progress is expected', async () => {
  const { stalls, state } = setUp();
  state.waiting = true;
  await pass(5 * STALL_MS);
  expect(stalls).toEqual([]);
  state.waiting = false;
  await pass(2 * STALL_MS);
  expect(stalls.length).toBeGreaterThan(0);
});

test('a fetch that does not end is a stall, one that ends is not', async () => {
  const { stalls, queue, dog } = setUp();
  queue.stored = 15;
  dog.fetchStarts();
  await pass(STALL_MS - 500);
  dog.fetchEnds();
  await pass(2 * STALL_MS);
  expect(stalls).toEqual([]);
  dog.fetchStarts();
  await pass(STALL_MS + 1_000);
  expect(stalls[0]).toBe('a fetch never ended');
});

test('heartbeats that stopped are a stall; before the first there are none to miss', async () => {
  const { stalls, queue, log } = setUp();
  queue.stored = 15;
  await pass(2 * STALL_MS);
  expect(stalls).toEqual([]);
  log.lastHeartbeat = Date.now();
  await pass(STALL_MS + 1_000);
  expect(stalls[0]).toBe('heartbeats have stopped');
});

test('a broker that can’t be asked is no stall of ours, and nothing is said after the stop', async () => {
  const { stalls, log, dog } = setUp();
  log.onRanges = () => Promise.reject(new Error('no broker'));
  await pass(4 * STALL_MS);
  expect(stalls).toEqual([]);
  log.onRanges = async () => new Map([[0, { start: 0, end: 15 }]]);
  dog.stop();
  await pass(4 * STALL_MS);
  expect(stalls).toEqual([]);
});
