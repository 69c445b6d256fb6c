import { expect, test } from 'bun:test';
import { traceparentOf } from './traceparent.ts';

const GIVEN = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';

test('a trace that was given goes on', () => expect(traceparentOf(GIVEN)).toBe(GIVEN));

test.each([
  undefined,
  '',
  'x',
  GIVEN.toUpperCase(),
  `${GIVEN}-more`,
  GIVEN.replace(/^00/, 'ff'),
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`,
])('%p begins a new one', (given) => {
  const made = traceparentOf(given);
  expect(made).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(traceparentOf(made)).toBe(made);
  expect(traceparentOf(given)).not.toBe(made);
});
