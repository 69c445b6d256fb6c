import { expect, test } from 'bun:test';
import type { LiveNote } from '../../client/schema.generated.ts';
import { withNote } from './note-list.ts';

const note = (kind: LiveNote['kind'], count = 0): LiveNote => ({ at: '2026-01-01T00:00:00Z', kind, text: '', count });
const of = (...kinds: LiveNote[]) => kinds.reduce(withNote, []).map(({ kind, count }) => [kind, count]);

test('what repeats in a row is one note; what comes between parts it', () => {
  expect(of(note('client_replaced', 1), note('client_replaced', 1))).toEqual([['client_replaced', 2]]);
  expect(of(note('dead_letters', 2), note('dead_letters', 3), note('engine_down'), note('dead_letters', 1))).toEqual([
    ['dead_letters', 1],
    ['engine_down', 0],
    ['dead_letters', 5],
  ]);
});

test('nothing drives out what happened to engines', () => {
  const many = Array.from({ length: 300 }, () => note('partitions_assigned'));
  const kept = of(note('engine_down'), note('engine_up'), ...many);
  expect([kept.length, kept.at(-1), kept.at(-2)]).toEqual([102, ['engine_down', 0], ['engine_up', 0]]);
});
