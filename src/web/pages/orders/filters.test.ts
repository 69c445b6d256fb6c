import { expect, test } from 'bun:test';
import { filtersOf, fromLocalInput, toLocalInput, toQuery } from './filters.ts';

test('the address says what is listed', () => {
  const query = new URLSearchParams('customer_id=a%26b&order=oldest&view=json&currency=');
  const filters = filtersOf(query);
  expect(filters).toEqual({ values: { customer_id: 'a&b' }, order: 'oldest' });
  expect(String(toQuery(filters))).toBe('customer_id=a%26b&order=oldest');
});

test('instants go through the browser’s field and back', () => {
  const instant = '2026-03-29T23:04:00.000Z';
  expect(fromLocalInput(toLocalInput(instant))).toBe(instant);
  expect([toLocalInput(undefined), toLocalInput('soon'), fromLocalInput('')]).toEqual(['', '', undefined]);
});
