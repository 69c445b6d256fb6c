import { expect, test } from 'bun:test';
import { layerAt, layersOf } from './layers.ts';
import { REASONS } from './letter-query.ts';

const timeline = (by_reason: Record<string, number[]>) => ({
  since: '2026-01-01T00:00:00.000Z',
  until: '2026-01-01T00:02:00.000Z',
  bucket_ms: 60_000,
  by_reason,
  total: 0,
  cut: false,
  complete_since: '2026-01-01T00:00:00.000Z',
});
const START = Date.UTC(2026, 0, 1) / 1000;

test('layers lie on each other, in an order that stays', () => {
  const layers = layersOf(timeline({ tombstone: [1, 0], not_json: [2, 3] }));
  expect(layers).toEqual({
    at: [START, START + 60],
    layers: [
      { reason: 'not_json', colour: 1, total: 5, counts: [2, 3], tops: [2, 3] },
      { reason: 'tombstone', colour: 2, total: 1, counts: [1, 0], tops: [3, 3] },
    ],
  });
  const hit = (bucket: number, height: number) => layerAt(layers, bucket, height)?.reason;
  expect([hit(0, 1), hit(0, 2.5), hit(0, 3.1), hit(1, 2), hit(7, 0)]).toEqual([
    'not_json',
    'tombstone',
    undefined,
    'not_json',
    undefined,
  ]);
});

test('of many reasons the rarest share a layer', () => {
  const counts = REASONS.map((reason, index): [string, number[]] => [reason, [index + 1, 0]]);
  const { layers } = layersOf(timeline(Object.fromEntries(counts)));
  expect(layers.map(({ reason }) => reason)).toEqual([...REASONS.slice(-6), 'others']);
  expect(layers.at(-1)?.tops).toEqual([(REASONS.length * (REASONS.length + 1)) / 2, 0]);
});

test('without letters there is nothing but time', () => {
  expect(layersOf(timeline({}))).toEqual({ at: [START, START + 60], layers: [] });
});
