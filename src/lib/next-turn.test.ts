import { expect, test } from 'bun:test';
import { givingWay, SLICE_MS } from './next-turn.ts';

test('work in small steps gives way each time it has held others up', async () => {
  const breathe = givingWay();
  expect(breathe()).toBeUndefined();
  let turns = 0;
  for (let round = 1; round <= 2; round++) {
    const until = performance.now() + SLICE_MS;
    while (performance.now() < until);
    setTimeout(() => (turns += 1), 0);
    await breathe();
    await breathe();
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(turns).toBe(round);
  }
});
