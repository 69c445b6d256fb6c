import { expect, test } from 'bun:test';
import { pointerOf, spotIn } from './bad-spot.ts';

const order = { a: 1, 'b/c': { d: [10, { e: 'x' }] }, f: null };

function marked(pointer: string | undefined): string {
  const { before, marked, after } = spotIn(order, pointer);
  // Whatever is marked, the text is the whole document.
  expect(before + marked + after).toBe(JSON.stringify(order, undefined, 2));
  return marked;
}

test('marks the member the pointer names', () => {
  expect(marked('/a')).toBe('"a": 1');
  expect(marked('/b~1c/d/0')).toBe('10');
  expect(marked('/b~1c/d/1/e')).toBe('"e": "x"');
  expect(marked('/f')).toBe('"f": null');
});

test('marks what is around a missing member, and nothing without a place', () => {
  expect(marked('/b~1c/d/1/missing')).toContain('"e": "x"');
  expect([marked('/nothing'), marked('/'), marked(undefined)]).toEqual(['', '', '']);
});

test('a detail begins with its pointer', () => {
  expect(pointerOf('/payment/amount: is 1')).toBe('/payment/amount');
  expect([pointerOf('/: x'), pointerOf('at line 1: y')]).toEqual(['/', undefined]);
});
