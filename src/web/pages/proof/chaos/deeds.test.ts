import { expect, test } from 'bun:test';
import type { Engine } from '../../../../client/schema.generated.ts';
import { anyRunning, type Deed, outcomeOf, withDeed, withOutcome } from './deeds.ts';

const deed = { engine: 'kafka', title: 'Kafka', action: 'kill', at: 1 } as const;
const engine: Engine = {
  name: 'kafka',
  title: 'Kafka',
  address: 'a:1',
  answers: true,
  state: 'running',
  version: null,
  pid: 1,
  obstacle: null,
  resumes_at: null,
  last_action: null,
};

test('the newest comes first, and what was long ago is forgotten', () => {
  let deeds: readonly Deed[] = [];
  for (let at = 1; at <= 60; at += 1) deeds = withDeed(deeds, { ...deed, at });
  expect([deeds.length, deeds[0]?.id, deeds[0]?.at, deeds.at(-1)?.at]).toEqual([50, 60, 60, 11]);
  const done = withOutcome(deeds, 59, { outcome: 'done', tookMs: 7 });
  expect(done.slice(0, 2).map(({ outcome }) => outcome)).toEqual(['asked', 'done']);
});

test('what became of it is what the server says of the same action', () => {
  const last = { action: 'kill', at: '', took_ms: 9, error: null } as const;
  expect(outcomeOf(deed, engine)).toBeUndefined();
  expect(outcomeOf(deed, { last_action: { ...last, took_ms: null } })).toBeUndefined();
  expect(outcomeOf(deed, { last_action: { ...last, action: 'stop' } })).toBeUndefined();
  expect(outcomeOf(deed, { last_action: last })).toEqual({ outcome: 'done', tookMs: 9 });
  expect(outcomeOf(deed, { last_action: { ...last, error: 'no' } })?.outcome).toBe('failed');
});

test('only what runs and is ours is killed at random', () => {
  const engines: Engine[] = [
    { ...engine, obstacle: 'elsewhere' },
    { ...engine, name: 'redis' },
    { ...engine, state: 'stopped' },
    { ...engine, name: 'postgresql' },
  ];
  expect([0, 0.49, 0.5, 0.99].map((random) => anyRunning(engines, random)?.name)).toEqual([
    'redis',
    'redis',
    'postgresql',
    'postgresql',
  ]);
  expect(anyRunning([], 0)).toBeUndefined();
});
