import { expect, test } from 'bun:test';
import type { Generator } from '../../../client/schema.generated.ts';
import { changeOf, draftOf, rateOfSlider, sliderOfRate } from './draft.ts';

const generator: Generator = {
  state: 'running',
  rate: 20,
  profile: { kind: 'burst', burst_rate: 500, for_ms: 100, every_ms: 2000 },
  current_rate: 20,
  late_ms: 0,
  seed: 7,
  next_index: 3,
  count: null,
  remaining: null,
  faults: { malformed: 0.5 },
  counts: { generated: 3, sent: 3, failed: 0, in_flight: 0 },
  started_at: null,
  error: null,
  fault_names: ['malformed', 'duplicate'],
};

test('a form that nobody has touched changes nothing', () => {
  expect(changeOf(draftOf(generator), 7)).toEqual({
    rate: 20,
    profile: generator.profile,
    count: null,
    faults: { malformed: 0.5 },
  });
});

test('what is typed goes into the change', () => {
  const draft = { ...draftOf(generator), kind: 'ramp', toRate: '90', count: '100', seed: '8' } as const;
  expect(changeOf({ ...draft, faults: { malformed: '0', duplicate: '2.5' } }, 7)).toEqual({
    rate: 20,
    profile: { kind: 'ramp', to_rate: 90, over_ms: 60_000 },
    count: 100,
    seed: 8,
    faults: { duplicate: 2.5 },
  });
  expect(changeOf({ ...draft, seed: ' ' }, 7).seed).toBe('auto');
});

test('the slider goes by decades', () => {
  expect([0, 50, 100].map(rateOfSlider)).toEqual([0.1, 100, 100_000]);
  expect([0.05, 100, 1_000_000].map(sliderOfRate)).toEqual([0, 50, 100]);
});
