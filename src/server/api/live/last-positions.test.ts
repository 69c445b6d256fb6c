import { expect, test } from 'bun:test';
import { LastPositions } from './last-positions.ts';

test('what was said last counts while nothing is said, and is asked once at a time', async () => {
  const answers: (() => Promise<Map<number, number>>)[] = [
    async () => new Map([[0, 5]]),
    async () => {
      throw new Error('down');
    },
    () => new Promise(() => {}),
  ];
  let asked = 0;
  const positions = new LastPositions(() => answers[asked++]?.() ?? Promise.reject(new Error('too often')), 10);
  for (let times = 0; times < 5; times += 1) expect(await positions.find('a')).toEqual(new Map([[0, 5]]));
  expect(asked).toBe(3);
});

test('without anything known the failure is told', async () => {
  const failing = new LastPositions(() => Promise.reject(new Error('down')));
  expect(await failing.find('a').catch(String)).toBe('Error: down');
  const silent = new LastPositions(() => new Promise(() => {}), 10);
  expect(await silent.find('a').catch(String)).toContain('not done within 10 ms');
});

test('what was stored of an earlier topic says nothing of this one', async () => {
  const positions = new LastPositions(async (topicId) => {
    if (topicId === 'b') throw new Error('down');
    return new Map([[0, 5]]);
  });
  await positions.find('a');
  expect(await positions.find('b').catch(String)).toBe('Error: down');
});
