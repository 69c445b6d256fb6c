import { expect, test } from 'bun:test';
import { FakeOrderLog } from '../../test/helpers/fake-order-log.ts';
import { until } from '../../test/helpers/until.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { CommitRelay } from './commit-relay.ts';

test('one request at a time; the newest offset of each partition is in the next', async () => {
  const log = new FakeOrderLog();
  const relay = new CommitRelay(log, silentLogger);
  const first = Promise.withResolvers<void>();
  log.onCommit = () => (log.commits.length === 1 ? first.promise : Promise.resolve());
  relay.note(0, 5);
  relay.note(0, 9);
  relay.note(1, 3);
  relay.note(0, 12);
  await until(() => log.commits.length > 0);
  expect(log.commits).toHaveLength(1);
  first.resolve();
  await relay.flush();
  expect(log.commits).toEqual([
    [[0, 5]],
    [
      [0, 12],
      [1, 3],
    ],
  ]);
});

test('what Kafka does not take is left to the next request', async () => {
  const log = new FakeOrderLog();
  const relay = new CommitRelay(log, silentLogger);
  log.onCommit = () => Promise.reject(new Error('rebalancing'));
  relay.note(0, 5);
  await relay.flush();
  log.onCommit = () => Promise.resolve();
  relay.note(0, 8);
  await relay.flush();
  expect(log.commits).toEqual([[[0, 5]], [[0, 8]]]);
});

test('a partition that is not ours any more is not committed', async () => {
  const log = new FakeOrderLog();
  const relay = new CommitRelay(log, silentLogger);
  const first = Promise.withResolvers<void>();
  log.onCommit = () => first.promise;
  relay.note(0, 5);
  await until(() => log.commits.length > 0);
  relay.note(0, 9);
  relay.note(1, 3);
  relay.forget(0);
  first.resolve();
  await relay.flush();
  expect(log.commits).toEqual([[[0, 5]], [[1, 3]]]);
});

test('a broker that never answers does not hold the flush', async () => {
  const log = new FakeOrderLog();
  const relay = new CommitRelay(log, silentLogger);
  log.onCommit = () => new Promise(() => {});
  relay.note(0, 5);
  const start = performance.now();
  await relay.flush();
  expect(performance.now() - start).toBeLessThan(10_000);
});
