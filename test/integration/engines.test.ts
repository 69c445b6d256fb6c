import { afterEach, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { SQL } from 'bun';
import type { EngineName } from '../../src/contract/engine.ts';
import { type EnginesHandle, ensureEngines, stopEngines } from '../../src/engines/engines.ts';
import { reportEngines } from '../../src/engines/report.ts';
import type { EngineOwner, EngineSettings } from '../../src/engines/types.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { isAlive } from '../helpers/app-process.ts';
import { seed, settingsWithOwn } from '../helpers/engine-settings.ts';
import { EnginesChild } from '../helpers/engines-child-process.ts';
import { freePort } from '../helpers/free-port.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { unstalledNow } from '../helpers/unstalled.ts';
import { until } from '../helpers/until.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Settings with these engines on free ports, in a new folder; the others are those of the test run. */
async function given(...own: EngineName[]): Promise<EngineSettings> {
  const folder = createTempDir('test-engines-');
  const settings = await settingsWithOwn(own, join(folder.path, 'data'));
  cleanups.push(async () => {
    await stopEngines(settings, silentLogger);
    folder.remove();
  });
  return settings;
}

/** The same with the data of an earlier start. */
async function givenSeeded(...own: EngineName[]): Promise<EngineSettings> {
  const settings = await given(...own);
  await seed(settings, own);
  return settings;
}

function ensure(settings: EngineSettings, owner: EngineOwner = 'run'): Promise<EnginesHandle> {
  return ensureEngines(settings, { logger: silentLogger, owner });
}

async function child(settings: EngineSettings): Promise<EnginesChild> {
  const started = await EnginesChild.start(settings);
  cleanups.push(() => started.kill());
  return started;
}

function states(handle: Pick<EnginesHandle, 'statuses'>): Record<string, string> {
  return Object.fromEntries(handle.statuses.map(({ engine, state }) => [engine, state]));
}

function pidOf(handle: Pick<EnginesHandle, 'statuses'>, engine: EngineName): number {
  const pid = handle.statuses.find((status) => status.engine === engine)?.pid;
  if (pid === undefined) throw new Error(`${engine} has no pid`);
  return pid;
}

async function answering(settings: EngineSettings): Promise<string[]> {
  const statuses = await reportEngines(settings);
  return statuses.filter(({ answer }) => answer === 'answers').map(({ engine }) => engine);
}

async function query(settings: EngineSettings, text: string): Promise<unknown[]> {
  const sql = new SQL(settings.postgresqlUrl, { max: 1 });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.close();
  }
}

describe('local engines', () => {
  test('start all three, keep their data over a stop, and leave nothing running', async () => {
    const settings = await given('postgresql', 'kafka', 'redis');
    const first = await ensure(settings);
    expect(states(first)).toEqual({ postgresql: 'started', kafka: 'started', redis: 'started' });
    await query(settings, 'create table kept as select 42 as answer');
    // Data, logs and locks are their owner's alone.
    for (const name of readdirSync(settings.dataDir))
      expect([name, statSync(join(settings.dataDir, name)).mode & 0o077]).toEqual([name, 0]);
    const began = unstalledNow();
    await first.close();
    await first.close();
    expect(unstalledNow() - began).toBeLessThan(8_000);
    expect(await answering(settings)).toEqual([]);
    const second = await ensure(settings);
    expect(await query(settings, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.close();
  });

  test('a kill -9 of all three is recovered from, with what was committed', async () => {
    const settings = await givenSeeded('postgresql', 'kafka', 'redis');
    const first = await ensure(settings);
    await query(settings, 'create table kept as select 42 as answer');
    for (const engine of ['postgresql', 'kafka', 'redis'] as const) process.kill(pidOf(first, engine), 'SIGKILL');
    const second = await ensure(settings);
    expect(states(second)).toEqual({ postgresql: 'started', kafka: 'started', redis: 'started' });
    expect(await query(settings, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.close();
    expect(await answering(settings)).toEqual([]);
  });

  test('half-finished first starts of PostgreSQL and Kafka are begun again', async () => {
    const settings = await given('postgresql', 'kafka');
    for (const folder of ['postgresql/new/base', 'kafka/data.new', 'kafka/data/__cluster_metadata-0']) {
      mkdirSync(join(settings.dataDir, folder), { recursive: true });
    }
    writeFileSync(join(settings.dataDir, 'postgresql/new/PG_VERSION'), '18\n');
    const handle = await ensure(settings);
    expect(states(handle)).toMatchObject({ postgresql: 'started', kafka: 'started' });
    expect(readdirSync(join(settings.dataDir, 'postgresql'))).toEqual(['cluster']);
    await handle.close();
  });

  test('a start after a kill in the middle of a first start works at once, whatever still worked there', async () => {
    const settings = await given('postgresql', 'kafka');
    await EnginesChild.killedWhen(
      () =>
        existsSync(join(settings.dataDir, 'postgresql/new/base')) &&
        existsSync(join(settings.dataDir, 'kafka/data.new')),
      settings,
    );
    const handle = await ensure(settings);
    expect(states(handle)).toMatchObject({ postgresql: 'started', kafka: 'started' });
    expect(readdirSync(join(settings.dataDir, 'postgresql'))).toEqual(['cluster']);
    expect(readdirSync(join(settings.dataDir, 'kafka'))).not.toContain('data.new');
    expect(await query(settings, 'select 1 as one')).toEqual([{ one: 1 }]);
    await handle.close();
  });

  test('engines of a process that was killed before it had noted them are not in the way', async () => {
    const settings = await givenSeeded('postgresql', 'redis');
    const unnoted = await ensure(settings, 'up');
    const pids = (['postgresql', 'redis'] as const).map((engine) => pidOf(unnoted, engine));
    for (const engine of ['postgresql', 'redis']) rmSync(join(settings.dataDir, `run/${engine}.json`));
    const handle = await ensure(settings);
    expect(states(handle)).toMatchObject({ postgresql: 'started', redis: 'started' });
    expect(pids.filter(isAlive)).toEqual([]);
    await handle.close();
    expect(await answering(settings)).toEqual(['kafka']);
  });

  test('their status tells where they are, who holds them, and what a start would do', async () => {
    const settings = await given('redis');
    const before = await reportEngines(settings);
    expect(before.map(({ next }) => next)).toEqual(['use', 'use', 'start']);
    expect((await reportEngines({ ...settings, mode: 'off' })).at(2)?.next).toBe('go without');
    const handle = await ensure(settings);
    expect((await reportEngines(settings)).at(2)).toEqual({
      engine: 'redis',
      address: new URL(settings.redisUrl).host,
      answer: 'answers',
      next: 'use',
      version: expect.stringMatching(/^\d+\.\d+/),
      local: {
        pid: pidOf(handle, 'redis'),
        owner: 'run',
        users: 1,
        dataFolder: join(settings.dataDir, 'redis'),
        logFile: join(settings.dataDir, 'logs/redis.log'),
      },
    });
    await handle.close();
  });

  test('the log of an engine stays short while it runs', async () => {
    const settings = await given('redis');
    const handle = await ensure(settings);
    const log = join(settings.dataDir, 'logs/redis.log');
    appendFileSync(log, 'x'.repeat(9_000_000));
    await until(() => statSync(log).size < 9_000_000 && existsSync(`${log}.1`));
    await handle.close();
    expect(readFileSync(log, 'utf8')).toMatch(/^\d+:\S+ .*bye bye/s);
  });

  test('a postmaster.pid whose number belongs to another program now is no obstacle', async () => {
    const settings = await givenSeeded('postgresql');
    await (await ensure(settings)).close();
    writeFileSync(join(settings.dataDir, 'postgresql/cluster/postmaster.pid'), `${process.pid}\n`);
    const handle = await ensure(settings);
    expect(states(handle)['postgresql']).toBe('started');
    await handle.close();
  });

  test('PostgreSQL is durable, in UTF-8, and demands the password', async () => {
    const settings = await given('postgresql');
    const handle = await ensure(settings);
    const names = ['fsync', 'synchronous_commit', 'server_encoding', 'listen_addresses'];
    const columns = names.map((name) => `current_setting('${name}') as ${name}`);
    const [row] = await query(settings, `select ${columns.join(', ')}`);
    expect(row).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      server_encoding: 'UTF8',
      listen_addresses: '127.0.0.1',
    });
    const wrong = { ...settings, postgresqlUrl: settings.postgresqlUrl.replace(/:[^:@]*@/, ':wrong@') };
    await expect(query(wrong, 'select 1')).rejects.toMatchObject({ errno: '28P01' });
    await expect(query(settings, "select 'an order of somebody'::int")).rejects.toMatchObject({
      errno: '22P02',
    });
    const log = readFileSync(join(settings.dataDir, 'logs/postgresql.log'), 'utf8');
    expect(log).toContain('password authentication failed');
    expect(log).not.toContain('an order of somebody');
    await handle.close();
  });
});

describe('several processes on one data folder', () => {
  test('what a killed process left behind is adopted, and stopped at the end', async () => {
    const settings = await givenSeeded('postgresql', 'kafka', 'redis');
    const killed = await child(settings);
    await killed.kill();
    expect(await answering(settings)).toEqual(['postgresql', 'kafka', 'redis']);
    const handle = await ensure(settings);
    expect(states(handle)).toEqual({ postgresql: 'adopted', kafka: 'adopted', redis: 'adopted' });
    expect(pidOf(handle, 'kafka')).toBe(pidOf(killed, 'kafka'));
    await handle.close();
    expect(await answering(settings)).toEqual([]);
  });

  test('two starts at once start one engine each, and the last to leave stops it', async () => {
    const settings = await givenSeeded('postgresql', 'redis');
    const [one, other] = await Promise.all([child(settings), child(settings)]);
    for (const engine of ['postgresql', 'redis'] as const) {
      expect(pidOf(one, engine)).toBe(pidOf(other, engine));
      expect([states(one)[engine], states(other)[engine]].toSorted()).toEqual(['in use', 'started']);
    }
    await one.close();
    expect(await answering(settings)).toContain('postgresql');
    await other.close();
    expect(await answering(settings)).not.toContain('postgresql');
  });

  test('engines started to be kept outlive a process that uses them', async () => {
    const settings = await given('redis');
    await (await ensure(settings, 'up')).close();
    const handle = await ensure(settings);
    expect(states(handle)['redis']).toBe('in use');
    await handle.close();
    expect(await answering(settings)).toContain('redis');
    expect(await stopEngines(settings, silentLogger)).toEqual(['redis']);
    expect(await stopEngines(settings, silentLogger)).toEqual([]);
  });

  test('another address: the engine moves, unless somebody uses it where it is', async () => {
    const settings = await given('redis');
    const moved = { ...settings, redisUrl: `redis://127.0.0.1:${await freePort()}/0` };
    const killed = await child(settings);
    await expect(ensure(moved)).rejects.toMatchObject({ code: 'engine_unavailable' });
    await killed.kill();
    const handle = await ensure(moved);
    expect(states(handle)['redis']).toBe('started');
    expect(await answering(settings)).not.toContain('redis');
    await handle.close();
  });
});

describe('when an engine can not be started', () => {
  test('a port taken by something else is explained, and nothing is left running', async () => {
    const settings = await given('redis', 'postgresql');
    const intruder = createServer().listen(Number(new URL(settings.redisUrl).port), '127.0.0.1');
    cleanups.push(() => intruder.close());
    const failure = ensure(settings);
    await expect(failure).rejects.toMatchObject({ code: 'port_in_use' });
    await expect(failure).rejects.toThrow(new RegExp(`is taken by \\S+ \\(pid ${process.pid}\\), which is not Redis`));
    expect(await answering(settings)).toEqual(['kafka']);
  });

  test('of several brokers one that answers is enough', async () => {
    const settings = await given();
    const intruder = createServer().listen(0, '127.0.0.1');
    cleanups.push(() => intruder.close());
    await once(intruder, 'listening');
    const taken = `127.0.0.1:${Object(intruder.address()).port}`;
    const brokers = ['127.0.0.1:1', taken, ...settings.brokers];
    const handle = await ensure({ ...settings, brokers });
    expect(handle.statuses[1]).toEqual({
      engine: 'kafka',
      address: settings.brokers[0] ?? '',
      state: 'in use',
    });
    await handle.close();
    await expect(ensure({ ...settings, brokers: ['127.0.0.1:1', taken] })).rejects.toMatchObject({
      code: 'port_in_use',
    });
  });

  test('with engines off, or an address elsewhere, it says so and writes nothing', async () => {
    const off = { ...(await given('postgresql')), mode: 'off' } as const;
    await expect(ensure(off)).rejects.toMatchObject({ code: 'engine_unavailable' });
    const elsewhere = { ...(await given('redis')), redisUrl: 'redis://name.invalid:6379/0' };
    await expect(ensure(elsewhere)).rejects.toMatchObject({ code: 'engine_unavailable' });
    expect([off, elsewhere].map(({ dataDir }) => existsSync(dataDir))).toEqual([false, false]);
  });

  test('with engines off Redis alone is not waited for: it is only a cache', async () => {
    const settings = await given('redis');
    const handle = await ensure({ ...settings, mode: 'off' });
    expect(states(handle)).toEqual({ postgresql: 'in use', kafka: 'in use', redis: 'absent' });
    await handle.close();
    expect(existsSync(settings.dataDir)).toBe(false);
  });

  test('no local Redis stands in for a cluster, for Sentinels, or for one with TLS or users', async () => {
    const settings = await given('redis');
    const { redisUrl: url } = settings;
    for (const [other, why] of [
      [{ redisUrl: `${url},${url}` }, /Several addresses are a cluster/],
      [{ redisUrl: url.replace('redis:', 'rediss:') }, /over TLS/],
      [{ redisUrl: `${url.replace('redis:', 'redis+sentinel:').slice(0, -2)}/name` }, /Sentinels/],
      [{ redisUrl: url.replace('//', '//orders:pw@') }, /with users/],
      [{ redisPasswordInFile: true }, /redis\.passwordFile/],
    ] as const) {
      await expect(ensure({ ...settings, ...other })).rejects.toThrow(why);
      expect((await reportEngines({ ...settings, ...other })).at(2)?.next).toBe('fail');
    }
    expect(existsSync(settings.dataDir)).toBe(false);
  });

  test('a data folder that can not be made is named', async () => {
    const settings = { ...(await given('redis')), dataDir: '/dev/null/data' };
    await expect(ensure(settings)).rejects.toMatchObject({
      code: 'engine_start_failed',
      message: expect.stringMatching(/^Redis did not start: .*\/dev\/null/),
    });
  });

  test('the reason stands in the error, from the log of the engine', async () => {
    const settings = await givenSeeded('kafka');
    await (await ensure(settings)).close();
    writeFileSync(join(settings.dataDir, 'kafka/data/meta.properties'), 'version=1\nnode.id=7\ncluster.id=x\n');
    await expect(ensure(settings)).rejects.toThrow(/Kafka did not start on 127\.0\.0\.1:\d+ [\s\S]*Stored node id 7/);
  });

  test('an interrupted start ends at once and leaves nothing running', async () => {
    const settings = await given('postgresql', 'kafka', 'redis');
    const began = unstalledNow();
    const signal = AbortSignal.timeout(1_500);
    const start = ensureEngines(settings, { logger: silentLogger, owner: 'run', signal });
    await expect(start).rejects.toMatchObject({ code: 'aborted' });
    expect(unstalledNow() - began).toBeLessThan(6_000);
    expect(await answering(settings)).toEqual([]);
  });
});
