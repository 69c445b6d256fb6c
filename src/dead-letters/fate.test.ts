import { expect, test } from 'bun:test';
import sample from '../../test/fixtures/order.json';
import { FakeTopic } from '../../test/helpers/fake-topic.ts';
import { letterRecord } from '../../test/helpers/letter-records.ts';
import { logRecord } from '../../test/helpers/log-record.ts';
import { redrivenFate } from './fate.ts';

const good = logRecord({ offset: 0, key: 'a', value: JSON.stringify(sample), timestamp: 100_000 });
const bad = logRecord({ offset: 1, key: 'b', value: '{}', timestamp: 100_000 });
/** Partition 2, because that is where letters come from. */
const orders = new FakeTopic([[], [], [good, bad]]);
const fromTheFuture = { ...bad, offset: 2, timestamp: 2 ** 63 };
const absurdOrders = new FakeTopic([[], [], [good, bad, fromTheFuture]]);

function fate(
  offset: number,
  { next = 2, letters = [letterRecord({ offset: 0, source: 1 })], deadline = 1e12, topic = orders } = {},
) {
  const dead = new FakeTopic([letters.map((one) => ({ ...one, timestamp: 100_500 }))]);
  return redrivenFate(
    { partition: 2, offset },
    {
      topic: 'orders',
      deadLetterTopic: 'dead',
      openTopic: async (name) => (name === 'dead' ? dead : topic),
      highWatermarks: async () => new Map([[2, 4]]),
      progress: async () => new Map([[2, next]]),
      decoding: { maxBytes: 10_000, now: () => Date.UTC(2026, 0, 1) },
      deadline,
    },
  );
}

test('waits while the consumer has not come so far', async () => {
  expect(await fate(1, { next: 0 })).toEqual({ state: 'waiting', ahead: 1 });
  expect(await fate(1, { next: 1 })).toEqual({ state: 'waiting', ahead: 0 });
  // Committed, but not to be seen yet.
  expect(await fate(3)).toEqual({ state: 'waiting', ahead: 1 });
});

test('passed without a letter it is stored, and with one it was rejected', async () => {
  expect(await fate(0)).toEqual({ state: 'stored', orderUid: sample.order_uid });
  expect(await fate(1)).toMatchObject({
    state: 'rejected',
    letter: { partition: 0, offset: 0, reason: 'schema' },
  });
  const elsewhere = letterRecord({ offset: 0, source: 0, topic: 'others' });
  expect(await fate(0, { letters: [elsewhere] })).toMatchObject({ state: 'stored' });
});

test('the letter of a message that says it comes from the future is found', async () => {
  const letters = [letterRecord({ offset: 0, source: 2 })];
  expect(await fate(2, { next: 3, letters, topic: absurdOrders })).toMatchObject({ state: 'rejected' });
});

test('what is not there has no fate; what could not be found out is not made up', async () => {
  expect([await fate(2, { next: 3 }), await fate(9)]).toEqual([undefined, undefined]);
  expect(await fate(1, { letters: [] })).toEqual({ state: 'unknown' });
  const many = Array.from({ length: 200 }, (_, offset) => letterRecord({ offset, source: 900 + offset }));
  expect(await fate(0, { letters: many, deadline: 0 })).toEqual({ state: 'unknown' });
});
