import { expect, test } from 'bun:test';
import type { Generator } from '../../../client/schema.generated.ts';
import {
  draftOf,
  type LoadDraft,
  loadOfQuery,
  nextRate,
  queryOfLoad,
  rateOfSlider,
  readDraft,
  sliderOfRate,
} from './draft.ts';
import { PRESET_NAMES, PRESETS, savedLoads } from './presets.ts';
import { curveOf, stageAt } from './stages.ts';

const generator: Generator = {
  state: 'running',
  rate: 20,
  profile: { kind: 'burst', burst_rate: 500, for_ms: 100, every_ms: 2000 },
  current_rate: 20,
  late_ms: 0,
  profile_ms: null,
  injected: 0,
  seed: 7,
  next_index: 3,
  count: null,
  remaining: null,
  faults: { malformed: 0.5 },
  counts: { generated: 3, sent: 3, failed: 0, in_flight: 0, orders: 3 },
  life: true,
  time_scale: 7200,
  open_orders: 0,
  started_at: null,
  error: null,
  fault_names: ['malformed', 'duplicate'],
};

const untouched = draftOf(generator, 'en');
const readOf = (changes: Partial<LoadDraft>) => readDraft({ ...untouched, ...changes }, 7, 'en');

test('a form that nobody has touched changes nothing', () => {
  const same = {
    rate: 20,
    profile: generator.profile,
    count: null,
    faults: { malformed: 0.5 },
    life: true,
    time_scale: 7_200,
  };
  for (const language of ['en', 'ru'] as const) {
    const read = readDraft(draftOf(generator, language), 7, language);
    expect([read.change, read.isValid]).toEqual([same, true]);
  }
});

test('what is typed goes into the change', () => {
  const typed = { profile: 'ramp', to_rate: '90', count: '10 000', seed: '8' } as const;
  expect(readOf({ ...typed, faults: { malformed: '0', duplicate: '1,5' } })).toMatchObject({
    change: {
      rate: 20,
      profile: { kind: 'ramp', to_rate: 90, over_ms: 60_000 },
      count: 10_000,
      seed: 8,
      faults: { duplicate: 1.5 },
    },
    faultTotal: 1.5,
    isValid: true,
  });
  expect(readOf({ seed: ' ' }).change.seed).toBe('auto');
});

test('what can’t be meant is refused in its field, and only fields in use are looked at', () => {
  const cases: [Partial<LoadDraft>, object][] = [
    [{ count: 'ten' }, { refusals: { count: { kind: 'not_a_number' } } }],
    [{ count: '1.5' }, { refusals: { count: { kind: 'not_whole' } } }],
    [{ rate: '0' }, { refusals: { rate: { kind: 'out_of_range', least: 0.1, most: 1_000_000 } } }],
    [{ rate: '' }, { refusals: { rate: { kind: 'not_a_number' } } }],
    [{ seed: '-1' }, { refusals: { seed: { kind: 'out_of_range' } } }],
    [{ every_ms: '100' }, { overlaps: true }],
    [{ faults: { nul: 'much' } }, { faultRefusals: { nul: { kind: 'not_a_number' } } }],
    [{ faults: { nul: '60', malformed: '41' } }, { faultTotal: 101, faultRefusals: {} }],
  ];
  for (const [changes, expected] of cases) expect(readOf(changes)).toMatchObject({ ...expected, isValid: false });
  expect(readOf({ life: 'off', time_scale: 'x' })).toMatchObject({ change: { life: false }, isValid: true });
  expect(readOf({ to_rate: 'x', profile: 'steady', burst_rate: 'y' })).toMatchObject({ refusals: {}, isValid: true });
});

test('what was typed goes through an address and comes back, an emptied field too', () => {
  const typed = {
    rate: '1,5',
    count: '',
    profile: 'ramp',
    to_rate: '9',
    life: 'off',
    faults: { nul: '0.5', malformed: '1' },
  } as const;
  expect(loadOfQuery(queryOfLoad(typed))).toEqual(typed);
  expect(loadOfQuery(queryOfLoad({ faults: {} }))).toEqual({ faults: {} });
  expect(loadOfQuery(new URLSearchParams('profile=odd&topic=x'))).toEqual({});
});

test('stages are read as people write them, and go through an address', () => {
  const stages = [
    { seconds: '60', rate: '50', faults: '' },
    { seconds: '0,5', rate: '2 000', faults: '1,5' },
  ];
  const typed = { profile: 'stages', stages } as const;
  expect(loadOfQuery(queryOfLoad(typed))).toEqual(typed);
  expect(readOf(typed)).toMatchObject({
    change: {
      profile: {
        kind: 'stages',
        stages: [
          { over_ms: 60_000, to_rate: 50 },
          { over_ms: 500, to_rate: 2_000, faults: 1.5 },
        ],
      },
    },
    isValid: true,
  });
  const wrong = [stages[0], { seconds: 'soon', rate: '-1', faults: '101' }].flatMap((one) => one ?? []);
  expect(readOf({ ...typed, stages: wrong })).toMatchObject({
    stages: {
      refusals: [
        {},
        { seconds: { kind: 'not_a_number' }, rate: { kind: 'out_of_range' }, faults: { kind: 'out_of_range' } },
      ],
    },
    isValid: false,
  });
  expect(readOf({ stages: wrong }).isValid).toBe(true);
  const profile = { kind: 'stages' as const, stages: [{ over_ms: 1_500, to_rate: 0, faults: 7 }] };
  expect(draftOf({ ...generator, profile }, 'ru').stages).toEqual([{ seconds: '1,5', rate: '0', faults: '7' }]);
});

test('a curve knows its orders, and where it is', () => {
  const stages = [
    { over_ms: 10_000, to_rate: 100 },
    { over_ms: 20_000, to_rate: 100 },
  ];
  expect(curveOf(stages, 0)).toMatchObject({ ms: 30_000, orders: 2_500 });
  expect([0, 9_999, 10_000, 30_000].map((ms) => stageAt(stages, ms))).toEqual([1, 1, 2, undefined]);
});

test('every preset is a load that can be started', () => {
  for (const name of PRESET_NAMES) expect([name, readOf(PRESETS[name]).isValid]).toEqual([name, true]);
});

test('what a browser keeps is not trusted', () => {
  const good = { name: 'mine', query: 'rate=1' };
  expect(savedLoads(JSON.stringify([good, null, { name: 1, query: '' }]))).toEqual([good]);
  expect([savedLoads(''), savedLoads('{}')]).toEqual([[], []]);
});

test('the slider goes by decades', () => {
  expect([0, 50, 100].map(rateOfSlider)).toEqual([0.1, 100, 100_000]);
  expect([0.05, 100, 1_000_000].map(sliderOfRate)).toEqual([0, 50, 100]);
});

test('faster and slower go from one round rate to the next, as far as there are any', () => {
  expect([0.1, 1, 2, 5, 37, 40_000].map((rate) => nextRate(rate, true))).toEqual([0.2, 2, 5, 10, 50, 50_000]);
  expect([0.2, 1, 5, 37, 100].map((rate) => nextRate(rate, false))).toEqual([0.1, 0.5, 2, 20, 50]);
  expect([nextRate(0.1, false), nextRate(500_000, true)]).toEqual([0.1, 100_000]);
});
