import { expect, test } from 'bun:test';
import { fetched } from '../../../test/helpers/log-records.ts';
import { AppError } from '../../lib/app-error.ts';
import { FetchLanes } from './fetch-lanes.ts';
import type { FetchedPartition } from './order-log.ts';
import type { Share } from './partition-fetcher.ts';

type Answer = PromiseWithResolvers<FetchedPartition[]>;

/** Partition n is led by broker n % 2; the test answers for the brokers. */
function setUp() {
  const asked: { readonly node: number; readonly positions: ReadonlyMap<number, number>; readonly answer: Answer }[] =
    [];
  const told: string[] = [];
  const shares = async (positions: ReadonlyMap<number, number>): Promise<Share[]> =>
    [0, 1].flatMap((node) => {
      const mine = new Map([...positions].filter(([partition]) => partition % 2 === node));
      const broker = { nodeId: node, host: 'broker', port: node, rack: null };
      return mine.size === 0 ? [] : [{ node, address: `broker:${node}`, broker, positions: mine }];
    });
  const ask = ({ node, positions }: Share): Promise<FetchedPartition[]> => {
    const answer: Answer = Promise.withResolvers();
    asked.push({ node, positions, answer });
    return answer.promise;
  };
  const lanes = new FetchLanes(
    { shares, ask },
    {
      onSilent: (broker, partitions) => told.push(`${broker} silent: ${partitions}`),
      onAnswer: (broker) => told.push(`${broker} answers`),
    },
  );
  const fetch = (positions: readonly (readonly [number, number])[]) =>
    lanes.fetch({ positions: new Map(positions), waitMs: 0 });
  /** The latest request to a broker. */
  const latest = async (node: number): Promise<Answer> => {
    await new Promise((resolve) => setTimeout(resolve));
    const found = asked.findLast((one) => one.node === node);
    if (found === undefined) throw new Error(`broker ${node} was not asked`);
    return found.answer;
  };
  return { asked, told, fetch, latest };
}

const one = (partition: number): FetchedPartition => fetched(partition, [], 1);
const gone = () => new AppError('kafka_unavailable', 'gone', { retryable: true });

test('a broker that says nothing holds up its own partitions only, and is asked once', async () => {
  const { asked, fetch, latest } = setUp();
  const first = fetch([
    [0, 0],
    [1, 0],
  ]);
  (await latest(1)).resolve([one(1)]);
  expect(await first).toEqual([one(1)]);
  const second = fetch([
    [0, 0],
    [1, 1],
  ]);
  (await latest(1)).resolve([]);
  expect(await second).toEqual([]);
  expect(asked.map(({ node }) => node)).toEqual([0, 1, 1]);
});

test('a broker that fails does not fail the others; what it answers afterwards may be of another log', async () => {
  const { told, fetch, latest } = setUp();
  const both = (next: number) =>
    fetch([
      [0, 0],
      [1, next],
    ]);
  const first = both(0);
  (await latest(0)).reject(gone());
  (await latest(1)).resolve([one(1)]);
  expect(await first).toEqual([one(1)]);
  // Left alone for a moment, then asked again.
  const retried = fetch([[0, 0]]);
  (await latest(0)).resolve([one(0)]);
  expect(await retried).toEqual([{ ...one(0), outOfRange: true }]);
  const last = fetch([[0, 0]]);
  (await latest(0)).resolve([one(0)]);
  expect(await last).toEqual([one(0)]);
  expect(told).toEqual(['broker:0 silent: 0', 'broker:0 answers']);
});

test('a fetch fails when no broker is left, or when what one says is final', async () => {
  const { fetch, latest } = setUp();
  const first = fetch([
    [0, 0],
    [1, 0],
  ]);
  (await latest(0)).reject(gone());
  (await latest(1)).reject(gone());
  expect(await first.catch(String)).toContain('gone');
  const second = fetch([
    [0, 0],
    [1, 0],
  ]);
  (await latest(1)).reject(new AppError('topic_missing', 'deleted'));
  expect(await second.catch(String)).toContain('deleted');
});

test('what was read from another position than the one that counts now is left out', async () => {
  const { fetch, latest } = setUp();
  const first = fetch([
    [0, 0],
    [1, 0],
  ]);
  const slow = await latest(0);
  (await latest(1)).resolve([]);
  await first;
  const second = fetch([[0, 5]]);
  slow.resolve([one(0)]);
  expect(await second).toEqual([]);
});
