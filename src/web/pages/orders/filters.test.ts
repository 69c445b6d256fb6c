import { expect, test } from 'bun:test';
import { amountText, filtersOf, fromLocalInput, minorUnits, toLocalInput, toQuery } from './filters.ts';

test('the address says what is listed', () => {
  const query = new URLSearchParams('customer_id=a%26b&order=oldest&view=json&currency=&state=paid,nonsense,other');
  const filters = filtersOf(query);
  const values = { customer_id: 'a&b' };
  expect(filters).toEqual({ values, states: ['paid', 'other'], noStates: ['nonsense'], order: 'oldest' });
  expect(String(toQuery(filters))).toBe('customer_id=a%26b&state=paid%2Cother&order=oldest');
});

test('instants go through the browser’s field and back', () => {
  const instant = '2026-03-29T23:04:00.000Z';
  expect(fromLocalInput(toLocalInput(instant))).toBe(instant);
  expect([toLocalInput(undefined), toLocalInput('soon'), fromLocalInput('')]).toEqual(['', '', undefined]);
});

test('amounts are typed as money, and asked for in minor units', () => {
  const cases = [
    ['18.17', 'USD', '1817'],
    ['18,17', undefined, '1817'],
    ['1 500', 'RUB', '150000'],
    ['1817', 'JPY', '1817'],
    ['1.5', 'JPY', undefined],
    ['0.005', 'USD', undefined],
    ['much', 'USD', undefined],
  ] as const;
  for (const [text, currency, minor] of cases) expect([text, minorUnits(text, currency, 'en')]).toEqual([text, minor]);
  expect([amountText('1817', 'USD', 'en'), amountText('1817', 'JPY', 'ru'), amountText('x', 'USD', 'en')]).toEqual([
    '18.17',
    '1817',
    'x',
  ]);
});
