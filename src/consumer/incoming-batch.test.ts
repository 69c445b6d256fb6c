import { expect, test } from 'bun:test';
import { agesOf } from './incoming-batch.ts';

const NOW = Date.parse('2026-01-15T12:00:00Z');
const HOUR = 3_600_000;
const of = (producedAt: number, redriven = false) => ({ producedAt, redriven });

test('absurd times, redriven letters and repeats are counted apart, and add nothing to the latency', () => {
  const absurd = [1, 0, -1, 2 ** 63, 253_402_300_799_999, NOW + 2 * HOUR, NOW - 8 * 24 * HOUR].map((at) => of(at));
  const { agesMs, unmeasured } = agesOf([of(NOW - 40), ...absurd, of(NOW - HOUR, true)], NOW, false);
  expect(agesMs).toEqual([40]);
  expect(unmeasured).toEqual({ clock: absurd.length, redriven: 1, repeated: 0 });
  expect(agesOf([of(NOW - HOUR)], NOW, true)).toEqual({
    agesMs: [],
    unmeasured: { clock: 0, redriven: 0, repeated: 1 },
  });
});

test('a producer whose clock is a little ahead has an age of nothing, and a backlog its true one', () => {
  expect(agesOf([of(NOW + 30), of(NOW - 5 * HOUR)], NOW, false).agesMs).toEqual([0, 5 * HOUR]);
});
