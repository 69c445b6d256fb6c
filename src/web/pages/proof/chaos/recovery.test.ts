import { expect, test } from 'bun:test';
import type { LiveNote } from '../../../../client/schema.generated.ts';
import { recoveriesOf } from './recovery.ts';

const START = Date.UTC(2026, 0, 1) / 1000;
const iso = (second: number) => new Date((START + second) * 1000).toISOString();
const action = (second: number, engine: string, what: NonNullable<LiveNote['action']>): LiveNote => ({
  at: iso(second),
  kind: 'engine_action',
  engine,
  action: what,
  text: '',
});

/** Stored per second, one a second; 0 with a lag behind it. */
const points = (stored: readonly (number | null)[], lag = 50) => ({
  at: stored.map((_, second) => START + second),
  stored,
  lag: stored.map((one) => (one === 0 ? lag : 0)),
});

test('storing that stood still goes on so long after the engine is back', () => {
  const notes = [action(6.8, 'postgresql', 'start'), action(2.5, 'postgresql', 'kill')];
  const stored = [9, 9, 9, 0, 0, 0, 0, 0, 0];
  const state = (more: readonly number[], some = notes) => recoveriesOf(some, points([...stored, ...more]))[0];
  expect(state([], notes.slice(1))).toMatchObject({ state: 'stalled', ms: 5_000 });
  expect(state([])?.state).toBe('recovering');
  expect(state([])?.ms).toBeCloseTo(1_200, 0);
  expect(state([0, 0, 40])?.state).toBe('recovered');
  expect(state([0, 0, 40])?.ms).toBeCloseTo(4_200, 0);
});

test('an engine that answers again by itself is back, too, and each outage is one of its own', () => {
  const up: LiveNote = { at: iso(5), kind: 'engine_up', engine: 'kafka', text: '' };
  const notes = [action(9.5, 'kafka', 'restart'), up, action(1.5, 'kafka', 'pause')];
  const found = recoveriesOf(notes, points([5, 5, 0, 0, 0, 0, 7, 7, 7, 7, 0, 0]));
  expect(found.map(({ state, ms }) => [state, ms])).toEqual([
    ['stalled', 1_000],
    ['recovered', 1_000],
  ]);
});

test('storing that went on is not said to have stood still, nor when there was nothing to store', () => {
  const notes = [action(1, 'redis', 'kill')];
  expect(recoveriesOf(notes, points([5, 5, 4, 5, 6]))).toMatchObject([{ state: 'unaffected' }]);
  expect(recoveriesOf(notes, points([5, 5, 0, 0, 0], 0))).toMatchObject([{ state: 'unaffected' }]);
  expect(recoveriesOf([action(-60, 'redis', 'kill')], points([5, 5]))).toEqual([]);
});
