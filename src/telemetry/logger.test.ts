import { expect, test } from 'bun:test';
import { wantsColor } from './logger.ts';

test('logs are coloured on a terminal, unless NO_COLOR says otherwise', () => {
  expect(wantsColor(true, {})).toBe(true);
  expect(wantsColor(true, { NO_COLOR: '' })).toBe(true);
  expect(wantsColor(true, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColor(false, {})).toBe(false);
});
