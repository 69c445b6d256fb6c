import { afterEach, expect, test } from 'bun:test';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { SQL } from 'bun';
import type { EngineName, EngineOrder, EngineView } from '../../src/contract/engine.ts';
import { LocalEngineControl } from '../../src/engines/control/engine-control.ts';
import { recordPath } from '../../src/engines/data-folder.ts';
import { ensureEngines, stopEngines } from '../../src/engines/engines.ts';
import { familyOf, identifySelf, isSuspended } from '../../src/engines/processes.ts';
import { lastRecord, writeRecord } from '../../src/engines/record.ts';
import type { EngineSettings } from '../../src/engines/types.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { isAlive } from '../helpers/app-process.ts';
import { settingsWithSeeded } from '../helpers/engine-settings.ts';
import { EnginesChild } from '../helpers/engines-child-process.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** These engines, started by this process in a new folder, and their control. */
async function started(...own: EngineName[]) {
  const settings = await notStarted(...own);
  const handle = await ensureEngines(settings, { logger: silentLogger, owner: 'run' });
  cleanups.push(() => handle.close());
  return { ...controlOf(settings), handle };
}

async function notStarted(...own: EngineName[]): Promise<EngineSettings> {
  const folder = createTempDir('test-control-');
  const settings = await settingsWithSeeded(own, join(folder.path, 'data'));
  cleanups.push(async () => {
    await stopEngines(settings, silentLogger);
    folder.remove();
  });
  return settings;
}

function controlOf(settings: EngineSettings) {
  const control = new LocalEngineControl(settings, silentLogger);
  cleanups.push(() => control.close());
  const record = (name: EngineName) => lastRecord(recordPath(settings.dataDir, name));
  /** Does it, and gives how the engine is then. */
  const act = async (name: EngineName, order: EngineOrder | 'stop' | 'kill' | 'start' | 'restart' | 'resume') => {
    const acceptance = await control.act(name, typeof order === 'string' ? { action: order } : order);
    if (!acceptance.accepted) throw new Error(acceptance.why);
    await acceptance.done;
    return await control.find(name);
  };
  const refusal = async (name: EngineName, order: EngineOrder) => {
    const acceptance = await control.act(name, order);
    return acceptance.accepted ? 'accepted' : acceptance.why;
  };
  return { settings, control, record, act, refusal };
}

const ENGINES = ['postgresql', 'kafka', 'redis'] as const;
const up = { state: 'running', answers: true, obstacle: undefined } satisfies Partial<EngineView>;
const down = { state: 'stopped', answers: false, pid: undefined } satisfies Partial<EngineView>;

for (const name of ENGINES) {
  test(`${name} is stopped, started, killed, restarted, and nobody’s use of it is forgotten`, async () => {
    const { act, control, handle, record } = await started(name);
    const before = await control.find(name);
    expect(before).toMatchObject({ ...up, pid: expect.any(Number), version: expect.stringMatching(/^\d/) });
    const { users } = record(name) ?? {};
    expect(users).toEqual([identifySelf()]);

    expect(await act(name, 'stop')).toMatchObject({ ...down, last: { action: 'stop', error: undefined } });
    expect(await act(name, 'stop')).toMatchObject(down);
    const again = await act(name, 'start');
    expect(again).toMatchObject({ ...up, address: before.address });
    expect(again.pid).not.toBe(before.pid);
    expect((await act(name, 'start')).pid).toBe(again.pid);

    expect(await act(name, 'kill')).toMatchObject(down);
    expect(await act(name, 'start')).toMatchObject(up);
    expect(await act(name, 'restart')).toMatchObject({ ...up, last: { action: 'restart' } });
    expect(record(name)).toMatchObject({ users, keep: false });
    expect(record(name)).not.toHaveProperty('stoppedAt');

    await control.close();
    await handle.close();
    expect(await control.find(name)).toMatchObject({ answers: false, pid: undefined });
  });
}

test('a pause suspends every process of PostgreSQL, and ends by itself', async () => {
  const { act, control, record, settings } = await started('postgresql');
  const sql = new SQL(settings.postgresqlUrl, { max: 1 });
  cleanups.push(() => sql.close());
  await sql`select 1`;
  const family = () => familyOf(record('postgresql')?.process ?? identifySelf());
  expect(family().length).toBeGreaterThan(4);
  const began = Date.now();
  const paused = await act('postgresql', { action: 'pause', forMs: 3_000 });
  expect(paused).toMatchObject({ state: 'paused', answers: false, pid: expect.any(Number) });
  expect(paused.resumesAt).toBeGreaterThan(began);
  expect(family().filter((one) => !isSuspended(one))).toEqual([]);
  const late = sql`select 1`;
  await until(async () => (await control.find('postgresql')).state === 'running');
  expect(Date.now() - began).toBeGreaterThanOrEqual(3_000);
  await late;
  expect(family().filter(isSuspended)).toEqual([]);
  expect(await control.find('postgresql')).toMatchObject({ ...up, pid: paused.pid, resumesAt: undefined });
});

test('a pause is prolonged, ended before its time, and no obstacle for a start, a stop or a kill', async () => {
  const { act, control, settings } = await started('redis');
  const pause = { action: 'pause', forMs: 60_000 } as const;
  await act('redis', { action: 'pause', forMs: 400 });
  expect((await act('redis', pause)).resumesAt).toBeGreaterThan(Date.now() + 50_000);
  await until(() => watchesOf(settings).length === 1);
  expect((await control.find('redis')).state).toBe('paused');
  expect(await act('redis', 'resume')).toMatchObject(up);
  expect(await act('redis', 'resume')).toMatchObject(up);
  await act('redis', pause);
  expect(await act('redis', 'start')).toMatchObject(up);
  await act('redis', pause);
  expect(await act('redis', 'stop')).toMatchObject(down);
  await act('redis', 'start');
  await act('redis', pause);
  expect(await act('redis', 'kill')).toMatchObject(down);
  await until(() => watchesOf(settings).length === 0);
});

test('what is paused when its last user leaves is stopped in order, and nothing is left', async () => {
  const { act, control, handle, record, settings } = await started('postgresql', 'redis');
  const processes = ['postgresql', 'redis'].map((name) => record(name as EngineName)?.process.pid ?? 0);
  await act('postgresql', { action: 'pause', forMs: 60_000 });
  await act('redis', { action: 'pause', forMs: 60_000 });
  await control.close();
  await handle.close();
  expect(processes.filter(isAlive)).toEqual([]);
  expect(readFileSync(join(settings.dataDir, 'logs/postgresql.log'), 'utf8')).toContain('database system is shut down');
  await until(() => watchesOf(settings).length === 0);
});

test('a pause ends with the process that began it, also where the engine is kept', async () => {
  const settings = await notStarted('redis');
  await ensureEngines(settings, { logger: silentLogger, owner: 'up' });
  const { act, control, record } = controlOf(settings);
  await act('redis', { action: 'pause', forMs: 60_000 });
  await control.close();
  expect(await control.find('redis')).toMatchObject(up);
  expect(record('redis')).toMatchObject({ keep: true, users: [] });
});

test('a pause whose process is killed ends by itself', async () => {
  const settings = await notStarted('redis');
  const { control } = controlOf(settings);
  const child = await EnginesChild.start(settings, { engine: 'redis', forMs: 2_000 });
  cleanups.push(() => child.kill());
  expect((await control.find('redis')).state).toBe('paused');
  await child.kill();
  expect((await control.find('redis')).state).toBe('paused');
  await until(async () => (await control.find('redis')).answers);
  await until(() => watchesOf(settings).length === 0);
});

test('a pause that nobody is left to end, the next start ends', async () => {
  const settings = await notStarted('postgresql');
  const child = await EnginesChild.start(settings, { engine: 'postgresql', forMs: 60_000 });
  cleanups.push(() => child.kill());
  const watches = watchesOf(settings);
  expect(watches).toHaveLength(1);
  for (const pid of watches) process.kill(pid, 'SIGKILL');
  await child.kill();
  const began = unstalledNow();
  const handle = await ensureEngines(settings, { logger: silentLogger, owner: 'run' });
  expect(unstalledNow() - began).toBeLessThan(20_000);
  expect(handle.statuses.find(({ engine }) => engine === 'postgresql')?.state).toBe('adopted');
  await handle.close();
});

test('a number that belongs to another process by now is not signalled', async () => {
  const { act, record, refusal, settings } = await started('redis');
  await act('redis', 'stop');
  const bystander = Bun.spawn(['sleep', '60']);
  cleanups.push(() => bystander.kill('SIGKILL'));
  const known = record('redis');
  if (known === undefined) throw new Error('no record');
  const process = { pid: bystander.pid, startedAt: 'earlier' };
  writeRecord(recordPath(settings.dataDir, 'redis'), { ...known, process });
  expect(await refusal('redis', { action: 'pause', forMs: 1_000 })).toBe('not_running');
  await act('redis', 'stop');
  await act('redis', 'kill');
  expect(await act('redis', 'start')).toMatchObject(up);
  expect([isAlive(bystander.pid), bystander.exitCode]).toEqual([true, null]);
});

test('an engine that is kept, or used by others, is so after it was stopped, whoever starts it', async () => {
  const settings = await notStarted('redis');
  await ensureEngines(settings, { logger: silentLogger, owner: 'up' });
  const other = await EnginesChild.start(settings);
  cleanups.push(() => other.kill());
  const { act, record } = controlOf(settings);
  const before = record('redis');
  expect(before).toMatchObject({ keep: true, users: [expect.anything()] });
  await act('redis', 'stop');
  expect(await act('redis', 'start')).toMatchObject(up);
  expect(record('redis')).toMatchObject({ keep: true, users: before?.users ?? [] });
  await act('redis', 'kill');
  const handle = await ensureEngines(settings, { logger: silentLogger, owner: 'run' });
  expect(record('redis')).toMatchObject({ keep: true, users: [...(before?.users ?? []), identifySelf()] });
  await handle.close();
  await other.close();
  expect(record('redis')).toMatchObject({ keep: true, users: [] });
  await act('redis', 'stop');
  expect(await stopEngines(settings, silentLogger)).toEqual([]);
  expect(record('redis')).toBeUndefined();
});

test('what was stopped stays stopped when its last user leaves, and is forgotten', async () => {
  const { act, control, handle, record, refusal } = await started('redis');
  await act('redis', 'stop');
  await handle.close();
  expect(record('redis')).toBeUndefined();
  expect(await control.find('redis')).toMatchObject({ state: 'unreachable', obstacle: 'elsewhere' });
  expect(await refusal('redis', { action: 'start' })).toBe('elsewhere');
});

test('one thing at a time is done with an engine', async () => {
  const { act, control, refusal, settings } = await started('redis', 'postgresql');
  const restart = await control.act('redis', { action: 'restart' });
  expect(await refusal('redis', { action: 'kill' })).toBe('busy');
  expect(await act('postgresql', 'resume')).toMatchObject(up);
  if (!restart.accepted) throw new Error('refused');
  await restart.done;
  expect(await control.find('redis')).toMatchObject(up);
  const foreign = controlOf(settings);
  const outcomes = await Promise.all([
    control.act('redis', { action: 'stop' }),
    foreign.control.act('redis', { action: 'restart' }),
  ]);
  for (const outcome of outcomes) if (outcome.accepted) await outcome.done;
  expect(outcomes.some(({ accepted }) => accepted)).toBe(true);
  expect(await act('redis', 'start')).toMatchObject(up);
});

test('a start that fails says why, and works once that is put right', async () => {
  const { act, control, settings } = await started('redis');
  await act('redis', 'stop');
  const server = createServer().listen(Number(new URL(settings.redisUrl).port), '127.0.0.1');
  await once(server, 'listening');
  await expect(act('redis', 'start')).rejects.toMatchObject({ code: 'port_in_use' });
  expect((await control.find('redis')).last).toMatchObject({
    action: 'start',
    error: expect.stringMatching(/is taken by/),
  });
  server.close();
  await once(server, 'close');
  expect(await act('redis', 'start')).toMatchObject(up);
});

test('a start is given up when the process ends', async () => {
  const { act, control, handle, record } = await started('kafka');
  await act('kafka', 'stop');
  const start = await control.act('kafka', { action: 'start' });
  if (!start.accepted) throw new Error(start.why);
  const outcome = start.done.catch((error: unknown) => error);
  const first = record('kafka')?.process.pid;
  await until(() => record('kafka')?.process.pid !== first);
  await control.close();
  expect(await outcome).toMatchObject({ code: 'aborted' });
  await handle.close();
  expect(await control.find('kafka')).toMatchObject({ answers: false, pid: undefined });
});

test('engines that run elsewhere are left alone', async () => {
  const { control, refusal } = controlOf(await notStarted());
  expect((await control.list()).map(({ state, obstacle }) => [state, obstacle])).toEqual(
    ENGINES.map(() => ['running', 'elsewhere']),
  );
  expect(await refusal('kafka', { action: 'kill' })).toBe('elsewhere');
});

test('with local engines off nothing is steered, even what was started from the folder', async () => {
  const { settings } = await started('redis');
  const { control, refusal } = controlOf({ ...settings, mode: 'off' });
  expect(await control.find('redis')).toMatchObject({ state: 'running', obstacle: 'engines_off' });
  expect(await refusal('redis', { action: 'stop' })).toBe('engines_off');
});

/** Processes that wait to end a pause of these engines. */
function watchesOf({ dataDir }: EngineSettings): number[] {
  const { stdout } = Bun.spawnSync(['pgrep', '-f', `pause-watch.*${dataDir}`]);
  return stdout.toString().split('\n').filter(Boolean).map(Number);
}
