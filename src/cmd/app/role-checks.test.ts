import { expect, test } from 'bun:test';
import { consumerCheck, producerCheck } from './role-checks.ts';

const STALL_MS = 20;

function setUp(member = true) {
  const state = { stored: 5, end: 5, fenced: 0 };
  const status = () => ({ member, fenced: state.fenced, stored: new Map([[0, state.stored]]) });
  const ends = async () => new Map([[0, { stableEnd: state.end }]]);
  const { check } = consumerCheck({ status }, { required: true, stallMs: STALL_MS, ends });
  return { state, check };
}

const stalled = () => Bun.sleep(STALL_MS + 5);

test('a consumer that is in no group is not ready', async () => {
  expect(await setUp(false).check()).toBe('no_member');
});

test('a consumer with nothing to do is ready, and so is one that has just got something', async () => {
  const { state, check } = setUp();
  expect(await check()).toBeUndefined();
  await stalled();
  state.end = 9;
  expect(await check()).toBeUndefined();
});

test('a consumer that stores nothing while messages wait is not ready, until it stores some', async () => {
  const { state, check } = setUp();
  state.end = 9;
  await check();
  await stalled();
  expect(await check()).toBe('no_progress');
  state.stored = 6;
  expect(await check()).toBeUndefined();
  await stalled();
  state.fenced += 1;
  expect(await check()).toBe('fenced');
});

test('a producer is ready as long as Kafka acknowledges', async () => {
  expect(await producerCheck(() => ({ silentMs: 500 })).check()).toBeUndefined();
  expect(await producerCheck(() => ({ silentMs: 60_000 })).check()).toBe('not_acknowledged');
});
