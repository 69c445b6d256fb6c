import { expect, test } from 'bun:test';
import { filterOfQuery, redriveOf, toLetterQuery } from './letter-query.ts';

test('the address says which letters', () => {
  expect(filterOfQuery(new URLSearchParams('reason=schema&since=1h&key=a'))).toEqual({
    reason: ['schema'],
    since: '1h',
    key: 'a',
  });
  const range = { since: '2026-01-02T03:04:05.000Z', until: '2026-01-02T03:05:00.000Z' };
  expect(filterOfQuery(new URLSearchParams(range))).toEqual(range);
  expect(filterOfQuery(new URLSearchParams('since=2026&until=1h'))).toEqual({});
  expect(filterOfQuery(new URLSearchParams('reason=nonsense&since=2y&key='))).toEqual({});
});

test('a redrive is of what is shown', () => {
  expect(redriveOf({ filter: {}, positions: [] })).toEqual({ all: true });
  expect(redriveOf({ filter: { since: '1h' }, positions: [] })).toEqual({ filter: { since: '1h' } });
  expect(redriveOf({ filter: { since: '1h' }, positions: ['3:17'] })).toEqual({ positions: ['3:17'] });
  expect(String(toLetterQuery({ reason: ['schema'], since: '1h', key: 'a b' }))).toBe('reason=schema&since=1h&key=a+b');
});
