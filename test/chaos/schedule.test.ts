import { expect, test } from 'bun:test';
import { CHAOS_KINDS, CONSUMERS, planCampaign, planSampler } from './schedule.ts';

test('the same seed and number of kills give the same schedule, another seed another', () => {
  expect(planCampaign(7, 50)).toEqual(planCampaign(7, 50));
  expect(planCampaign(8, 50).events).not.toEqual(planCampaign(7, 50).events);
  expect(planSampler(7, 2_000)).toEqual(planSampler(7, 2_000));
});

test('a campaign has as many kills as asked for, every kind, and events in the order of their time', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const { events, lengthMs } = planCampaign(seed, 100);
    expect(events.filter(({ kind }) => kind.startsWith('kill ')).length).toBe(100);
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(CHAOS_KINDS));
    const times = events.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.max(...times)).toBeLessThan(lengthMs);
    expect(lengthMs).toBeLessThan(16 * 60_000);
    for (const { consumer } of events) expect(consumer).toBeLessThan(CONSUMERS);
  }
});

test('a sampler has every kind exactly once', () => {
  const kinds = planSampler(11, 2_000).events.map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual(CHAOS_KINDS.toSorted());
});
