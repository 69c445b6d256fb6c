import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { ITEM_STATUS, ORDER_STATES, type OrderState, orderState } from './states.ts';

test('items that are all in one state are the state of their order', () => {
  for (const [state, code] of Object.entries(ITEM_STATUS)) expect<string>(orderState([code, code])).toBe(state);
});

const MIXED: readonly [readonly number[], OrderState][] = [
  [[204, 202, 204], 'handed_over'],
  [[201, 100], 'placed'],
  [[403, 200], 'paid'],
  [[204, 402, 403], 'delivered'],
  [[403, 401], 'cancelled_by_customer'],
  [[204, 500], 'partly_returned'],
  [[204, 500, 501, 403], 'partly_returned'],
  [[204, 501], 'partly_refunded'],
  [[500, 501], 'returned'],
  [[403, 501], 'refunded'],
  [[202, 501], 'handed_over'],
  [[204, 299], 'other'],
  [[-1], 'other'],
  [[], 'other'],
];

for (const [codes, state] of MIXED) {
  test(`items with ${codes.join(', ') || 'no codes'} make an order ${state}`, () => {
    expect(orderState(codes)).toBe(state);
    expect(orderState([...codes].reverse())).toBe(state);
    expect(ORDER_STATES).toContain(state);
  });
}

test('docs/lives.md has every code, with its name, and no other', () => {
  const page = readFileSync(new URL('../../docs/lives.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| (\d+) +\| `(\w+)` /gm)].map(([, code, state]) => [state, Number(code)]);
  expect(rows).toEqual(Object.entries(ITEM_STATUS));
});
