import { expect, test } from 'bun:test';
import { type Invalidation, InvalidationFeed } from './invalidation-feed.ts';

test('the last hundred are kept, and who listens is told of each', () => {
  const feed = new InvalidationFeed();
  feed.note('changed', 'before', 1);
  const heard: Invalidation[] = [];
  const stop = feed.listen((one) => heard.push(one));
  for (let left = 249; left >= 0; left--) feed.note('changed', `order-${left}`, 0, left);
  stop();
  feed.note('connection_lost', undefined, 7);
  expect(heard.map(({ uid }) => uid)).toEqual(Array.from({ length: 250 }, (_, at) => `order-${249 - at}`));
  expect(feed.recent()).toHaveLength(100);
  expect(feed.recent().at(-1)).toMatchObject({ number: 252, uid: undefined, dropped: 7 });
});

test('of many at once that nobody listens to the last are noted, and all are counted', () => {
  const feed = new InvalidationFeed();
  for (let left = 999; left >= 0; left--) feed.note('changed', `order-${left}`, 0, left);
  expect(feed.recent().map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, at) => 901 + at));
});
