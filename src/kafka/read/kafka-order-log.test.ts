import { expect, test } from 'bun:test';
import { assignBySubscription } from './kafka-order-log.ts';

function topics(counts: Record<string, number>): Parameters<typeof assignBySubscription>[1] {
  return new Map(
    Object.entries(counts).map(([name, partitionsCount]) => [
      name,
      { id: name, partitionsCount, partitions: [], lastUpdate: 0 },
    ]),
  );
}

function dealt(members: Record<string, string[]>, counts: Record<string, number>): unknown {
  const subscribers = new Map(Object.entries(members).map(([id, names]) => [id, { topics: names }]));
  return Object.fromEntries(
    assignBySubscription(subscribers, topics(counts)).map(({ memberId, assignments }) => [
      memberId,
      Object.fromEntries([...assignments.values()].map(({ topic, partitions }) => [topic, partitions])),
    ]),
  );
}

test('members that subscribe to other topics get no partition of ours, and keep all of theirs', () => {
  expect(dealt({ a: ['orders'], b: ['returns'] }, { orders: 3, returns: 2 })).toEqual({
    a: { orders: [0, 1, 2] },
    b: { returns: [0, 1] },
  });
});

test('members of one topic share it evenly, whatever order they come in', () => {
  const shared = { a: { orders: [0, 2, 4] }, b: { orders: [1, 3] } };
  expect(dealt({ a: ['orders'], b: ['orders'] }, { orders: 5 })).toEqual(shared);
  expect(dealt({ b: ['orders'], a: ['orders'] }, { orders: 5 })).toEqual(shared);
});

test('a member of several topics shares each; a topic nobody subscribes to is given to nobody', () => {
  expect(dealt({ a: ['orders', 'returns'], b: ['returns'] }, { orders: 2, returns: 2, other: 4 })).toEqual({
    a: { orders: [0, 1], returns: [0] },
    b: { returns: [1] },
  });
});
