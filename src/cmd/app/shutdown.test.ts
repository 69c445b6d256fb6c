import { expect, test } from 'bun:test';
import { silentLogger } from '../../telemetry/logger.ts';
import { Resources } from './shutdown.ts';

const never = () => new Promise<void>(() => {});

test('what hangs is left when its share of the time is up: all of a stage at once, and the stages after it still come', async () => {
  const resources = new Resources(silentLogger, 500);
  const closed: string[] = [];
  resources.defer('engines', 'engines', () => void closed.push('engines'));
  resources.defer('connections', 'database', never);
  resources.defer('tell', 'notes', () => void closed.push('notes'));
  for (let at = 0; at < 20; at++) resources.defer('work', `role ${at}`, never);
  resources.defer('work', 'consumer', async () => '7 messages not stored');
  const from = performance.now();
  const left = await resources.close();
  expect(performance.now() - from).toBeLessThan(2_000);
  expect(left).toContain('consumer: 7 messages not stored');
  expect(left).toHaveLength(21);
  expect(closed).toEqual(['notes', 'engines']);
});

test('the stages keep their order, whatever was opened first, and one that fails keeps no other open', async () => {
  const resources = new Resources(silentLogger, 5_000);
  const closed: string[] = [];
  for (const stage of ['work', 'connections', 'engines', 'tell'] as const)
    resources.defer(stage, stage, async () => {
      await Promise.resolve();
      closed.push(stage);
      if (stage === 'work') throw new Error('broken');
    });
  expect(resources.close()).rejects.toThrow('broken');
  await resources.close().catch(() => {});
  expect(closed).toEqual(['work', 'tell', 'connections', 'engines']);
});

test('the time runs from when the stop was asked for', async () => {
  const resources = new Resources(silentLogger, 60_000);
  resources.defer('work', 'role', never);
  expect(await resources.close(performance.now() - 60_000)).toEqual(['role']);
});

test('what a start that was given up still opens is closed at once', async () => {
  const resources = new Resources(silentLogger, 5_000);
  await resources.close();
  const late = Promise.withResolvers<void>();
  resources.defer('work', 'server', () => late.resolve());
  await late.promise;
});
