import { expect, test } from 'bun:test';
import type { LoadProfile } from '../contract/generator.ts';
import { parseFaults } from './faults.ts';
import { createSource } from './source.ts';
import { faultSpansOf, parseStages } from './stages.ts';

test('a stage is a time, a rate and perhaps a share of faults', () => {
  expect(parseStages(['1m:50', ' 2m : 2000 : 1% ', '90:0.5:0', '500ms:0'])).toEqual([
    { overMs: 60_000, toRate: 50 },
    { overMs: 120_000, toRate: 2_000, faults: 0.01 },
    { overMs: 90_000, toRate: 0.5, faults: 0 },
    { overMs: 500, toRate: 0 },
  ]);
});

test.each([
  [['1m:50', '2m'], 'stage 2, "2m": write it as TIME:RATE'],
  [['soon:50'], 'stage 1, "soon:50": "soon" is no time'],
  [['25h:50'], '25h is too long'],
  [['1m:fast'], '"fast" is no rate from 0 to 1000000'],
  [['1m:2000000'], '"2000000" is no rate'],
  [['1m:5:much'], '"much" is no share'],
  [['1m:5:101%'], '"101%" is no share'],
  [['1m:5:1%:2'], 'write it as'],
  [['x:1', '1m:-1'], '"x" is no time such as 30s, 5m or 1h; stage 2, "1m:-1": "-1" is no rate'],
  [new Array<string>(51).fill('1m:5'), '51 stages are too many'],
])('%p is refused, and the stage is named', (texts, message) => {
  expect(() => parseStages(texts)).toThrow(message);
});

const profile: LoadProfile = {
  kind: 'stages',
  stages: [
    { toRate: 100, overMs: 10_000 },
    { toRate: 100, overMs: 20_000, faults: 0.5 },
    { toRate: 100, overMs: 10_000, faults: 0 },
    { toRate: 100, overMs: 10_000 },
  ],
};

test('the orders of a stage have its share of faults, the others those of the settings, and lives do not change that', () => {
  const faults = faultSpansOf({ profile, rate: 100, faults: parseFaults('nul=9%,tombstone=1%') }, 500);
  const taken = createSource({ seed: 3, start: 500, count: 6_000, faults }).take(6_000);
  const share = (from: number, to: number, fault?: string) =>
    taken.slice(from, to).filter(({ note }) => (fault === undefined ? note : note?.fault === fault)).length /
    (to - from);
  expect(share(0, 1_000)).toBeWithin(0.07, 0.13);
  expect(share(1_000, 3_000)).toBeWithin(0.45, 0.55);
  expect(share(1_000, 3_000, 'tombstone')).toBeWithin(0.03, 0.07);
  expect(share(3_000, 4_000)).toBe(0);
  expect(share(4_000, 6_000)).toBeWithin(0.08, 0.12);
});

test('a run that starts later sends the same', () => {
  const faults = faultSpansOf({ profile, rate: 100, faults: new Map() }, 0);
  // What repeats an order is not the same: it may repeat only those of its own run.
  const keys = (start: number, count: number) =>
    createSource({ seed: 3, start, count, faults })
      .take(count)
      .filter(({ note }) => note !== undefined && note.expectedReason !== null)
      .map(({ key, note }) => [String(key), note?.fault]);
  const later = keys(1_500, 1_000);
  expect(later.length).toBeGreaterThan(300);
  expect(keys(0, 2_500).filter(([key]) => later.some(([one]) => one === key))).toEqual(later);
});
