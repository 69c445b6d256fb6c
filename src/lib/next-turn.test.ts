import { describe, expect, test } from 'bun:test';
import { Cadence, givingWay, SLICE_MS } from './next-turn.ts';

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

function noted(times: number, ms: number): Cadence {
  const cadence = new Cadence({ minMs: 5, maxMs: 25 });
  for (let time = 0; time < times; time += 1) cadence.note(ms);
  return cadence;
}

describe('Cadence', () => {
  test('begins with the least time, and keeps to it while the work is quick', () => {
    expect(noted(0, 0).ms).toBe(5);
    expect(noted(100, 2).ms).toBe(5);
  });

  test('is twice what the work takes', () => {
    expect(noted(100, 8).ms).toBeCloseTo(16, 5);
  });

  test('is never more than the most, and comes back when the work is quick again', () => {
    const cadence = noted(100, 10_000);
    expect(cadence.ms).toBe(25);
    for (let time = 0; time < 50; time += 1) cadence.note(1);
    expect(cadence.ms).toBe(5);
  });

  test('takes one that was slow for what it is', () => {
    const cadence = noted(100, 2);
    cadence.note(8);
    expect(cadence.ms).toBeCloseTo(6.4, 5);
  });
});
