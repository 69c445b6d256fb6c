import { expect, test } from 'bun:test';
import { fetched } from '../../../test/helpers/log-records.ts';
import { EpochStarts, spansOf } from './epoch-ends.ts';

test('batches of one epoch after another are one stretch', () => {
  const batch = { attributes: 0, producerId: -1n, firstOffset: 0, records: [] };
  const spans = spansOf([
    { ...batch, leaderEpoch: 0, nextOffset: 3 },
    { ...batch, leaderEpoch: 0, nextOffset: 7 },
    { ...batch, leaderEpoch: 4, nextOffset: 9 },
  ]);
  expect(spans).toEqual([
    { leaderEpoch: 0, epochStart: 0, nextOffset: 7 },
    { leaderEpoch: 4, epochStart: -1, nextOffset: 9 },
  ]);
});

test('the start of an epoch is where the epochs before it end, and is asked once', async () => {
  const asked: [number, number][][] = [];
  const starts = new EpochStarts(async (epochs) => {
    asked.push([...epochs]);
    return new Map([[0, { leaderEpoch: 3, end: 70, newest: false }]]);
  });
  const epochs = [{ leaderEpoch: 5, epochStart: -1, nextOffset: 90 }];
  for (let fetches = 0; fetches < 2; fetches += 1) {
    const [answer] = await starts.addTo([{ ...fetched(0, [], 90), epochs }]);
    expect(answer?.epochs).toEqual([{ leaderEpoch: 5, epochStart: 70, nextOffset: 90 }]);
  }
  expect(asked).toEqual([[[0, 4]]]);
});

test('a broker that does not say leaves the start unknown', async () => {
  const starts = new EpochStarts(() => Promise.reject(new Error('no broker')));
  const epochs = [{ leaderEpoch: 5, epochStart: -1, nextOffset: 90 }];
  const [answer] = await starts.addTo([{ ...fetched(0, [], 90), epochs }]);
  expect(answer?.epochs).toEqual(epochs);
});

test('a start that another log had is asked for again, and one that retention has moved is unknown', async () => {
  let end = 150;
  const starts = new EpochStarts(async () => new Map([[0, { leaderEpoch: 3, end, newest: false }]]));
  const startOf = async (nextOffset: number, logStartOffset = 0) => {
    const epochs = [{ leaderEpoch: 5, epochStart: -1, nextOffset }];
    const [answer] = await starts.addTo([{ ...fetched(0, [], nextOffset), logStartOffset, epochs }]);
    return answer?.epochs[0]?.epochStart;
  };
  expect(await startOf(200)).toBe(150);
  end = 100;
  expect(await startOf(110)).toBe(100);
  expect(await startOf(120, 100)).toBe(-1);
});
