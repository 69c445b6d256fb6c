import { describe, expect, test } from 'bun:test';
import Value from 'typebox/value';
import { until } from '../../../../test/helpers/until.ts';
import type { EngineReadiness } from '../schemas.ts';
import type { TopicReading } from './figures.ts';
import { LiveHistorySchema } from './history.ts';
import { keepNote, type LiveNoteJson, notesBetween } from './notes.ts';
import { type LiveSampleJson, type LocalReading, type Reading, sampleOf } from './sample.ts';
import { LiveSampler, type LiveSource } from './sampler.ts';

const local: LocalReading = {
  generator: {
    state: 'running',
    sent: 100,
    failed: 0,
    orders: 0,
    openOrders: 0,
    inFlight: 3,
    currentRate: 50,
    lateMs: 0.4,
  },
  consumer: {
    written: 80,
    unchanged: 5,
    changed: 5,
    deadLettered: 2,
    batches: 10,
    partitions: [0, 1],
    waiting: false,
    rebuilds: 0,
    lost: 0,
    agesMs: Array.from({ length: 100 }, (_, at) => at + 1),
  },
  reader: { state: 'running', answered: 40, failed: 1, stale: 0, recent: { count: 9, p50: 1.5, p99: 7 } },
  lookups: { l1: 1_000, redis: 100, postgresql: 10, absent: 1, failed: 0 },
  responses: { '2xx': 1_000, '3xx': 0, '4xx': 1, '5xx': 0 },
  process: { rssBytes: 1e8, heapBytes: 1e7, cpuMs: 5_000, loopDelayMs: 1.23, uptimeSeconds: 60.4 },
};
const up: EngineReadiness = { name: 'kafka', status: 'up', required: false, latency_ms: 1 };
const topic = (end: number, stored: number | undefined, deadLetters: number): TopicReading => ({
  partitions: [{ partition: 0, end, stableEnd: end, stored }],
  deadLetters,
});
const reading = (changes: Partial<Reading> = {}): Reading => ({
  at: 1_000_000,
  local,
  engines: [up],
  topic: { ...topic(500, 400, 7), readAt: 1_000_000 },
  earlierTopic: undefined,
  ...changes,
});

describe('a sample', () => {
  test('is the difference of two readings, per second', () => {
    const later: Reading = reading({
      at: 1_002_000,
      local: {
        ...local,
        consumer: local.consumer && { ...local.consumer, written: 280, deadLettered: 6, agesMs: [] },
        lookups: { ...local.lookups, l1: 21_000 },
        process: { ...local.process, cpuMs: 6_000 },
      },
      topic: { ...topic(900, 600, 8), readAt: 1_002_000 },
      earlierTopic: { ...topic(500, 400, 7), readAt: 1_000_000 },
    });
    const sample = sampleOf(reading(), later);
    expect(sample.consumer).toMatchObject({ stored_per_s: 100, dead_lettered_per_s: 2, readable_ms: null });
    expect(sample.lookups).toMatchObject({ l1_per_s: 10_000, redis_per_s: 0 });
    expect(sample.process.cpu_percent).toBe(50);
    expect(sample.topic).toMatchObject({
      arrived_per_s: 200,
      stored_per_s: 100,
      dead_lettered_per_s: 0.5,
      lag: 300,
    });
  });

  test('of very many partitions names those furthest behind, and counts all', () => {
    const partitions = Array.from({ length: 300 }, (_, partition) => ({
      partition,
      end: 1_000,
      stableEnd: 1_000,
      stored: 700 + partition,
    }));
    const sample = sampleOf(undefined, reading({ topic: { partitions, deadLetters: 0, readAt: 1 } }));
    expect(sample.topic?.partitions.map(({ partition }) => partition)).toEqual(
      Array.from({ length: 100 }, (_, at) => at),
    );
    expect(sample.topic?.lag).toBe((300 * 301) / 2);
  });

  test('counts what waits behind an open transaction, of what is not stored yet', () => {
    const of = (partition: number, end: number, stableEnd: number, stored: number) => ({
      partition,
      end,
      stableEnd,
      stored,
    });
    // One has all but that, one less, and one is only slow.
    const partitions = [of(0, 100, 40, 40), of(1, 100, 40, 10), of(2, 100, 100, 10)];
    const sample = sampleOf(undefined, reading({ topic: { partitions, deadLetters: 0, readAt: 1 } }));
    expect(sample.topic).toMatchObject({ lag: 240, pending: 120 });
    expect(sample.topic?.partitions.map(({ lag, pending }) => [lag, pending])).toEqual([
      [60, 60],
      [90, 60],
      [90, 0],
    ]);
  });

  test('has no rates at first, and none below nothing when a topic is made anew', () => {
    const first = sampleOf(undefined, reading());
    expect([first.consumer?.stored_per_s, first.topic?.arrived_per_s]).toEqual([0, 0]);
    expect(first.consumer?.readable_ms).toEqual({ p50: 51, p99: 100, count: 100 });
    const anew = reading({
      topic: { ...topic(0, undefined, 0), readAt: 1_001_000 },
      earlierTopic: { ...topic(500, 400, 7), readAt: 1_000_000 },
    });
    expect(sampleOf(reading(), anew).topic).toMatchObject({ arrived_per_s: 0, stored_per_s: 0, lag: 0 });
  });
});

describe('notes', () => {
  const before = sampleOf(undefined, reading());
  const kinds = (now: LiveSampleJson): string[] => notesBetween(before, now).map(({ kind }) => kind);

  test('nothing happened, nothing is said', () => expect(kinds(before)).toEqual([]));

  test('engines, the generator, dead letters, partitions, losses', () => {
    const { consumer, generator, topic: now } = before;
    if (consumer === null || generator === null || now === null) throw new Error('the sample is not whole');
    expect(kinds({ ...before, engines: [{ ...up, status: 'down' }] })).toEqual(['engine_down']);
    expect(kinds({ ...before, generator: { ...generator, state: 'stopped' } })).toEqual(['generator_stopped']);
    expect(kinds({ ...before, topic: { ...now, dead_letters: 9 } })).toEqual(['dead_letters']);
    expect(kinds({ ...before, topic: null })).toEqual([]);
    expect(kinds({ ...before, reader: { ...before.reader, stale: 2 } })).toEqual(['stale_answers']);
    const changed = { ...consumer, partitions: [1], waiting: true, rebuilds: 1, lost: 4 };
    expect(kinds({ ...before, consumer: changed })).toEqual([
      'partitions_assigned',
      'storing_waits',
      'client_replaced',
      'messages_lost',
    ]);
    expect(notesBetween(before, { ...before, consumer: changed })).toMatchObject([
      { partitions: [1], text: 'this consumer has partitions 1' },
      { kind: 'storing_waits' },
      { kind: 'client_replaced' },
      { count: 4 },
    ]);
  });
});

test('what repeats is kept as one note, so that it displaces nothing else', () => {
  const notes: LiveNoteJson[] = [];
  const letters = (count: number) =>
    keepNote(notes, { at: '2026-01-01T00:00:00Z', kind: 'dead_letters', text: '', count }, 3);
  const down = () => keepNote(notes, { at: '2026-01-01T00:00:00Z', kind: 'engine_down', text: '' }, 3);
  for (let round = 0; round < 9; round++) letters(2);
  expect(notes).toMatchObject([{ kind: 'dead_letters', count: 18, text: '18 dead letters arrived' }]);
  down();
  letters(1);
  down();
  expect(notes.map(({ kind, count }) => [kind, count])).toEqual([
    ['engine_down', undefined],
    ['dead_letters', 1],
    ['engine_down', undefined],
  ]);
});

describe('LiveSampler', () => {
  test('one sampler for all, with a bounded history, and engines that fail hold nothing up', async () => {
    let [asked, failing] = [0, false];
    const source: LiveSource = {
      local: () => local,
      engines: async () => {
        asked += 1;
        return [{ ...up, status: failing ? 'down' : 'up' }];
      },
      topic: async () => {
        if (failing) throw new Error('down');
        return topic(5, 5, 0);
      },
    };
    const sampler = new LiveSampler({
      source,
      everyMs: 5,
      history: { recent: 10, together: 2, older: 3 },
      idleRounds: 1_000,
    });
    sampler.start();
    sampler.start();
    await until(() => sampler.history.samples.length >= 13);
    const idle = asked;
    expect(idle).toBeLessThan(4);
    const seen: LiveSampleJson[] = [];
    const notes: LiveNoteJson[] = [];
    const stop = sampler.listen({ sample: (one) => seen.push(one), note: (one) => notes.push(one) });
    await until(() => seen.some((one) => one.topic?.lag === 0));
    sampler.note('rate_changed', 'another rate', { rate: 7 });
    expect(notes).toMatchObject([{ kind: 'rate_changed', rate: 7 }]);
    failing = true;
    await until(() => notes.some(({ kind }) => kind === 'engine_down') && seen.at(-1)?.topic === null);
    expect(asked).toBeGreaterThan(idle);
    stop();
    sampler.close();
    expect(sampler.history.samples.length).toBeLessThanOrEqual(14);
    expect([...Value.Errors(LiveHistorySchema, sampler.history)]).toEqual([]);
  });

  test('a database that says nothing leaves the engines’ state fresh, and the topic unknown', async () => {
    let [asked, topicsAsked] = [0, 0];
    const source: LiveSource = {
      local: () => local,
      engines: async () => {
        asked += 1;
        return [up];
      },
      topic: () => {
        topicsAsked += 1;
        return topicsAsked === 1 ? Promise.resolve(topic(5, 5, 0)) : new Promise(() => {});
      },
    };
    const sampler = new LiveSampler({ source, everyMs: 5, idleRounds: 1, patienceMs: 30 });
    const seen: LiveSampleJson[] = [];
    sampler.listen({ sample: (one) => seen.push(one), note: () => {} });
    sampler.start();
    await until(() => seen.some(({ topic }) => topic?.lag === 0) && seen.at(-1)?.topic === null);
    const before = asked;
    await until(() => asked > before + 3);
    expect(topicsAsked).toBe(2);
    sampler.close();
  });
});
