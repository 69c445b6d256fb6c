import { expect, test } from 'bun:test';
import { identify, identifySelf, isRunning, parseStat } from './processes.ts';

test('state and start are found whatever the command is called', () => {
  const rest = '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20';
  expect(parseStat(`12 (a) b (c) S ${rest}`)).toEqual({
    state: 'S',
    parent: 1,
    startTicks: '4711',
  });
  expect(parseStat('')).toBeUndefined();
});

test('this process runs, one with its number but another start does not', () => {
  const self = identifySelf();
  expect(isRunning(self)).toBe(true);
  expect(isRunning({ ...self, startedAt: 'earlier' })).toBe(false);
});

test('nobody has a number beyond the largest', () => {
  expect(identify(2 ** 30)).toBeUndefined();
});

test('a child that has ended is not running', async () => {
  const child = Bun.spawn(['sleep', '60']);
  const identity = identify(child.pid);
  expect(identity && isRunning(identity)).toBe(true);
  child.kill('SIGKILL');
  await child.exited;
  expect(identity && isRunning(identity)).toBe(false);
});
