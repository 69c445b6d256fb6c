import { expect, test } from 'bun:test';
import { liveSample } from '../../../../test/helpers/live-sample.ts';
import type { LiveNote } from '../../../client/schema.generated.ts';
import { happenedAt, progressOf, stepsOf } from './tour-steps.ts';

const START = 1_760_000_000;
const note = (second: number, kind: LiveNote['kind'], engine = 'kafka'): LiveNote => ({
  at: new Date((START + second) * 1000).toISOString(),
  kind,
  text: '',
  engine,
});
const seen = (second: number, ...notes: LiveNote[]) => ({
  latest: liveSample(START + second, { lags: [0] }),
  notes: notes.toReversed(),
  verifications: [],
});
const since = START * 1000;

test('orders have to be watched for a while', () => {
  expect(happenedAt('flow', since, seen(4))).toBeUndefined();
  expect(happenedAt('flow', since, seen(5))).toBe(since + 5_000);
  expect(happenedAt('flow', since, { ...seen(9), latest: liveSample(START + 9) })).toBeUndefined();
});

test('Kafka killed before that has been watched enough, and is the next step, too', () => {
  const watched = happenedAt('flow', since, seen(4, note(3, 'engine_down')));
  expect(watched).toBe(since + 3_000);
  expect(happenedAt('kill', watched ?? 0, seen(4, note(3, 'engine_down')))).toBe(since + 3_000);
});

test('what happened to Kafka while another page was open counts; what was before, or to another engine, does not', () => {
  const [before, down, up] = [note(-9, 'engine_down'), note(7, 'engine_down'), note(20, 'engine_up')];
  expect(happenedAt('kill', since, seen(30, before, note(8, 'engine_down', 'redis')))).toBeUndefined();
  const killed = happenedAt('kill', since, seen(30, before, down, up));
  expect(killed).toBe(since + 7_000);
  expect(happenedAt('recover', killed ?? 0, seen(15, before, down))).toBeUndefined();
  expect(happenedAt('recover', killed ?? 0, seen(30, down, up, note(25, 'engine_down')))).toBeUndefined();
  expect(happenedAt('recover', killed ?? 0, seen(30, down, up))).toBe(since + 30_000);
});

test('what the browser keeps is not trusted', () => {
  const kept = { isOpen: false, done: ['flow'], since: 7 } as const;
  expect(progressOf(JSON.stringify(kept))).toEqual(kept);
  for (const text of ['', 'null', '{"isOpen":true}', '{"isOpen":true,"done":[],"since":"x"}'])
    expect(progressOf(text)).toEqual({ isOpen: true, done: [] });
  expect(stepsOf(false)).toEqual(['flow', 'prove']);
});
