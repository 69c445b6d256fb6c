import { expect, test } from 'bun:test';
import { waitUntilStored } from './wait.ts';

const ranges = new Map([
  [0, { start: 10, end: 20 }],
  [1, { start: 5, end: 5 }],
]);
const base = { ranges, timeoutMs: 60_000, signal: new AbortController().signal, everyMs: 1 };

test('waits until every partition has been passed; an empty one is', async () => {
  const lags: number[] = [];
  let next = 0;
  const done = await waitUntilStored({
    ...base,
    nextOffsets: async () => {
      next += 8;
      return new Map([[0, next]]);
    },
    onLag: (lag) => lags.push(lag),
  });
  expect([done, lags]).toEqual([true, [10, 4, 0]]);
});

test('gives up when the time is up, or at a signal', async () => {
  const nextOffsets = async () => new Map<number, number>();
  const onLag = (): void => {};
  expect(await waitUntilStored({ ...base, nextOffsets, onLag, timeoutMs: 5 })).toBe(false);
  expect(await waitUntilStored({ ...base, nextOffsets, onLag, signal: AbortSignal.abort() })).toBe(false);
});
