import { expect, test } from 'bun:test';
import { preferredWait } from './prefer.ts';

test('the wait preference, alone or among others', () => {
  for (const header of [
    'wait=5',
    'WAIT = 5',
    'respond-async, wait=5',
    'wait="5"',
    'a="b", wait=5; x=1, wait=9',
  ])
    expect(preferredWait(header)).toBe(5);
  for (const header of [
    undefined,
    '',
    'wait',
    'wait=',
    'wait=-1',
    'wait=1.5',
    'await=5',
    'wait=x',
    'wait=99999999999',
  ])
    expect(preferredWait(header)).toBeUndefined();
});
