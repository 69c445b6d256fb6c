import { expect, test } from 'bun:test';
import { FakeTopic } from '../../../test/helpers/fake-topic.ts';
import { logRecord } from '../../../test/helpers/log-record.ts';
import { partitionOfKey } from '../send/partitioner.ts';
import type { LogRecord } from './order-log.ts';
import { type OrderSearch, searchOrder } from './order-search.ts';

const LENGTH = 30_000;
const UID = 'wanted';
const HOME = partitionOfKey(Buffer.from(UID), 4);
const HOUR_MS = 3_600_000;

const message = (offset: number, key: string | null, value: string) =>
  logRecord({ offset, timestamp: offset * 1000, key, value });
/** A partition of other orders, a message a second. */
const OTHERS = Array.from({ length: LENGTH }, (_, offset) => message(offset, 'other', ''));

/** Four partitions; `wanted` has the messages at `places` of the partition of its key. */
function topicWith(places: readonly number[], key: string | null = UID): FakeTopic {
  const home: LogRecord[] = [...OTHERS];
  for (const offset of places) home[offset] = message(offset, key, UID);
  const partitions = [0, 1, 2, 3].map((at) => (at === HOME ? home : OTHERS));
  return new FakeTopic(partitions, 1_000);
}

function search(topic: FakeTopic, how: Partial<OrderSearch> = {}, deadline = Number.POSITIVE_INFINITY) {
  const asked = { orderUid: UID, near: undefined, since: undefined, thorough: false, limit: 100, ...how };
  return searchOrder(topic, asked, {
    deadline,
    keep: (partition, { offset }) => ({ kept: { partition, offset }, bytes: 1 }),
  });
}
const home = (offset: number) => ({ partition: HOME, offset });

test('from the stored message back to when the order was made, and on to the end', async () => {
  const topic = topicWith([100, 14_000, 20_000, 20_500, 29_999]);
  const near = home(20_500);
  const made = await search(topic, { near, since: 14_000_000 + HOUR_MS });
  expect(made.found.map(({ offset }) => offset)).toEqual([14_000, 20_000, 20_500, 29_999]);
  const log = { start: 0, end: LENGTH };
  // Ten thousand are searched at least: the clocks of senders are not always right.
  expect(made.searched).toEqual([{ partition: HOME, from: 10_500, to: LENGTH, log }]);
  expect(made).toMatchObject({ partitions: 4, stopped: undefined, key: Buffer.from(UID) });
  const earlier = await search(topic, { near, since: 50_000 + HOUR_MS });
  expect(earlier.found.map(({ offset }) => offset)).toEqual([100, 14_000, 20_000, 20_500, 29_999]);
  expect(earlier.searched[0]?.from).toBe(50);
});

test('a thorough search goes on to all partitions', async () => {
  const { found, searched } = await search(topicWith([5, 29_000]), { near: home(29_000), thorough: true });
  expect(found).toEqual([home(5), home(29_000)]);
  const all = [0, 1, 2, 3].map((partition) => ({ partition, from: 0, to: LENGTH, log: { start: 0, end: LENGTH } }));
  expect([...searched].sort((a, b) => a.partition - b.partition)).toEqual(all);
});

test('without a stored message it goes back from the ends of the likely partitions', async () => {
  const { found, searched } = await search(topicWith([5, 29_000]));
  expect(found).toEqual([home(5), home(29_000)]);
  expect(searched.map(({ partition }) => partition)).toContain(HOME);
});

test('what was searched when the time is up is one stretch around the stored message', async () => {
  const { found, searched, stopped } = await search(topicWith([5, 15_000]), { near: home(15_000) }, 0);
  expect({ found, stopped }).toEqual({ found: [home(15_000)], stopped: 'time' });
  expect(searched).toEqual([{ partition: HOME, from: 15_000, to: 15_512, log: { start: 0, end: LENGTH } }]);
});

test('it ends soon after it has found enough', async () => {
  const { found, stopped } = await search(topicWith([1, 2, 3, 4, 20_000]), { near: home(3), limit: 2 });
  expect(stopped).toBe('limit');
  expect(found).toEqual([home(3), home(4)]);
});

test('in a log that begins later, everything is searched; so it is in one that was made anew', async () => {
  const topic = topicWith([29_500]);
  topic.starts.set(HOME, 29_000);
  const later = await search(topic, { near: home(20_000), since: 0 });
  expect(later.found).toEqual([home(29_500)]);
  expect(later.searched).toEqual([{ partition: HOME, from: 29_000, to: LENGTH, log: { start: 29_000, end: LENGTH } }]);
  const anew = await search(topicWith([7]), { near: home(29_000), since: 29_000_000 });
  expect(anew.found).toEqual([home(7)]);
});

test('with a key that other orders have, too, or none, the order_uid must be in the message', async () => {
  const shared = await search(topicWith([100, 29_000], 'other'), { near: home(29_000), since: 0 });
  expect(shared).toMatchObject({ found: [home(100), home(29_000)], key: Buffer.from('other') });
  const none = await search(topicWith([100, 29_000], null), { near: home(29_000), since: 0 });
  expect(none).toMatchObject({ found: [home(100), home(29_000)], key: null });
});
