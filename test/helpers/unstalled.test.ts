import { expect, test } from 'bun:test';
import { unstalledNow } from './unstalled.ts';

test('time in which this process could not run does not count, time it waits for does', async () => {
  const from = unstalledNow();
  const stallEnds = performance.now() + 300;
  while (performance.now() < stallEnds);
  expect(unstalledNow() - from).toBeLessThan(100);
  for (let waits = 0; waits < 10; waits++) await Bun.sleep(20);
  expect(unstalledNow() - from).toBeGreaterThan(100);
});
