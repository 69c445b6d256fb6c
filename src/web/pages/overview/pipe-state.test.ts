import { expect, test } from 'bun:test';
import { liveSample } from '../../../../test/helpers/live-sample.ts';
import type { LiveSample } from '../../../client/schema.generated.ts';
import { pipeStateOf, tierShares } from './pipe-state.ts';

const sample = (lag: number, ...down: LiveSample['engines'][number]['name'][]): LiveSample => ({
  ...liveSample(1, { lags: [lag] }),
  engines: down.map((name) => ({ name, status: 'down', required: true })),
});

test('the worst is said: an engine the orders need, then the lag, then the cache', () => {
  expect(pipeStateOf(sample(0))).toBe('flowing');
  expect(pipeStateOf(sample(0, 'redis'))).toBe('redis_down');
  expect(pipeStateOf(sample(101, 'redis'))).toBe('behind');
  expect(pipeStateOf(sample(101, 'redis', 'postgresql'))).toBe('postgresql_down');
  expect(pipeStateOf(sample(101, 'kafka', 'postgresql'))).toBe('kafka_down');
});

test('nothing flows only if nothing is made', () => {
  const { topic, ...rest } = sample(0);
  const still = { ...rest, topic: topic && { ...topic, arrived_per_s: 0 } };
  expect(pipeStateOf(still)).toBe('idle');
  expect(pipeStateOf({ ...rest, topic: null })).toBe('flowing');
});

test('tiers share the lookups; without any, each has none', () => {
  expect(tierShares(sample(0))).toEqual({ l1: 17, redis: 33, postgresql: 50 });
  const none = { l1_per_s: 0, redis_per_s: 0, postgresql_per_s: 0, absent_per_s: 0, failed_per_s: 0 };
  expect(tierShares({ ...sample(0), lookups: none })).toEqual({ l1: 0, redis: 0, postgresql: 0 });
});
