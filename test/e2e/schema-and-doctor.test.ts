import { describe, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ensureTopics } from '../../src/kafka/admin/topics.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { useAppPlaces } from '../helpers/app-places.ts';
import { type AppExit, runApp } from '../helpers/app-process.ts';
import { freePort } from '../helpers/free-port.ts';
import { RedisProcess } from '../helpers/redis-process.ts';
import { createTempDir } from '../helpers/temp-dir.ts';

const newPlace = useAppPlaces();

function run(place: AppPlace, args: readonly string[], env: Record<string, string> = {}): Promise<AppExit> {
  return runApp(args, { env: { ...place.env, TEST_SERVICE_LOG_LEVEL: 'warn', ...env } });
}

describe('migrate', () => {
  test('up creates the database; down takes one back at a time; status says where it is', async () => {
    const place = await newPlace();
    const status = async () => {
      const exit = await run(place, ['migrate', 'status', '--json']);
      const migrations = JSON.parse(exit.stdout) as { applied: boolean }[];
      return migrations.map(({ applied }) => applied);
    };
    const all = (await status()).length;
    expect(await status()).toEqual(Array(all).fill(false));
    const ups = await Promise.all([run(place, ['migrate', 'up']), run(place, ['migrate', 'up'])]);
    for (const up of ups) expect(up).toMatchObject({ code: 0, stderr: '' });
    const lines = ups.flatMap(({ stdout }) => stdout.trim().split('\n')).filter((line) => line.startsWith('applied '));
    expect(lines).toHaveLength(all);
    expect(lines).toContain('applied 0001_orders');
    expect(await place.orders()).toBe(0);
    const words = await run(place, ['migrate', 'status']);
    expect(words.stdout).toMatch(/^(applied {2}\d{4}_\w+\n)+$/);
    // Nobody can be asked here.
    expect(await run(place, ['migrate', 'down'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('add --yes'),
    });
    for (let left = all - 1; left >= 0; left--) {
      expect((await run(place, ['migrate', 'down', '--yes'])).stdout).toMatch(/^rolled back \d{4}_/);
      expect(await status()).toEqual([...Array(left).fill(true), ...Array(all - left).fill(false)]);
    }
    expect(await run(place, ['migrate', 'down'])).toMatchObject({
      code: 0,
      stdout: 'no migration is applied\n',
    });
    const tables = "select table_name from information_schema.tables where table_schema = 'public'";
    expect(await place.query(tables)).toEqual([{ table_name: 'schema_migrations' }]);
  });
});

describe('doctor', () => {
  test('with engines that answer: nothing is bad, what is still to be made is noted', async () => {
    const place = await newPlace();
    const before = await run(place, ['doctor', '--json']);
    expect(before).toMatchObject({ code: 0, stderr: '' });
    const findings = JSON.parse(before.stdout) as { check: string; state: string; found: string }[];
    const states = Object.fromEntries(findings.map(({ check, state }) => [check, state]));
    expect(states).toMatchObject({ postgresql: 'ok', kafka: 'ok', redis: 'ok', topics: 'note' });
    expect(states).toMatchObject({ configuration: 'ok', schema: 'note', 'server port': 'ok' });
    expect(await run(place, ['migrate', 'up'])).toMatchObject({ code: 0 });
    const after = await run(place, ['doctor']);
    expect(after.code).toBe(0);
    expect(after.stdout).toMatch(/^ok {4}schema +up to date$/m);
  });

  test('says of a schema that could store no order what is wrong with it, and `run` refuses it, too', async () => {
    const place = await newPlace();
    const left = { TEST_SERVICE_POSTGRESQL_MIGRATIONS: 'check' };
    expect((await run(place, ['doctor'], left)).stdout).toMatch(/^BAD {3}schema .*pending\n.*migrate up/m);
    const unmigrated = await run(place, ['consume'], left);
    expect(unmigrated).toMatchObject({ code: 1, stderr: expect.stringContaining('it lacks 0001_orders') });
    expect(await run(place, ['migrate', 'up'])).toMatchObject({ code: 0 });
    await place.query(`insert into schema_migrations (version) values ('9999')`);
    await place.query('alter table orders add column tenant text not null');
    const doctor = await run(place, ['doctor']);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/^BAD {3}schema .*later version of this service \(9999\).*orders\.tenant/m);
    expect((await run(place, ['migrate', 'status'])).stdout).toMatch(/^applied {2}9999 .*later version/m);
    for (const command of [['migrate', 'up'], ['migrate', 'down', '--yes'], ['consume']])
      expect(await run(place, command)).toMatchObject({ code: 1, stderr: expect.stringContaining('9999') });
  }, 120_000);

  test('says what to do about each thing that is bad, with exit code 1', async () => {
    const place = await newPlace();
    const other = createServer((socket) => socket.end('hello\n')).listen(0, '127.0.0.1');
    const [silent, taken] = [await freePort(), Object(other.address()).port];
    const url = new URL(place.engines.postgresqlUrl);
    url.password = 'wrong';
    const exit = await run(place, ['doctor'], {
      TEST_SERVICE_ENGINES: 'off',
      TEST_SERVICE_POSTGRESQL_URL: url.href,
      TEST_SERVICE_KAFKA_BROKERS: `127.0.0.1:${silent}`,
      TEST_SERVICE_REDIS_URL: `redis://127.0.0.1:${taken}`,
      TEST_SERVICE_SERVER_PORT: String(taken),
    });
    other.close();
    expect(exit).toMatchObject({ code: 1, stderr: '' });
    for (const line of [
      `BAD   kafka          does not answer at 127.0.0.1:${silent}`,
      '→ start it, or set engines: auto',
      `BAD   redis          something else listens at 127.0.0.1:${taken}`,
      '→ stop it, or set another port',
      'BAD   server port',
    ]) {
      expect(exit.stdout).toContain(line);
    }
    expect(exit.stdout).toMatch(/^BAD {3}schema .*password/m);
    expect(exit.stdout).not.toContain('wrong@');
  });

  test('says no to what run refuses or can not use, by the checks of run', async () => {
    const [place, readOnly] = await Promise.all([newPlace(), newPlace()]);
    const redis = await RedisProcess.start();
    await redis.command(['ACL', 'SETUSER', 'guest', 'on', '>right', '~*', '&*', '+@all']);
    const folder = createTempDir('test-doctor-');
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    mkdirSync(join(folder.path, 'bin'));
    const java = '#!/bin/sh\necho \'openjdk version "11.0.2" 2019-01-15\' >&2\n';
    writeFileSync(join(folder.path, 'bin', 'java'), java, { mode: 0o755 });
    const { topic, deadLetterTopic } = place;
    const topics = [topic, deadLetterTopic].map((name) => ({ name, partitions: 3, replicationFactor: 1 }));
    await Promise.all([
      ensureTopics(new KafkaClients({ brokers: [place.engines.broker] }), topics),
      run(place, ['migrate', 'up']),
      run(readOnly, ['migrate', 'up']),
    ]);
    await place.query('alter table orders rename column delivery_city to town');
    const database = new URL(readOnly.engines.postgresqlUrl).pathname.slice(1);
    await AppPlace.onServer(`alter database ${database} set default_transaction_read_only = on`);
    const silent = `127.0.0.1:${await freePort()}`;
    const withPassword = (protocol: string, password: string) =>
      `${protocol}://guest:${password}@127.0.0.1:${redis.port}`;
    const cases: [AppPlace, Record<string, string>, RegExp[]][] = [
      [
        place,
        {
          TEST_SERVICE_SERVER_HOST: '0.0.0.0',
          TEST_SERVICE_REDIS_URL: withPassword('redis', 'wrong-one'),
          TEST_SERVICE_KAFKA_PARTITIONS: '5',
        },
        [
          /^BAD {3}server access .*there must be a token/m,
          /^BAD {3}redis .*can't be used as a cache: no_permission/m,
          /^BAD {3}schema .*delivery_city/m,
          /^note {2}topics .*has 3 partitions, not 5/m,
        ],
      ],
      [
        place,
        {
          TEST_SERVICE_SERVER_HOST: '10.255.255.1',
          TEST_SERVICE_SERVER_TOKEN_FILE: join(folder.path, 'absent'),
          TEST_SERVICE_REDIS_URL: withPassword('rediss', 'right'),
        },
        [
          /^BAD {3}server access .*can't read server.tokenFile/m,
          /^BAD {3}server port .*this machine has no address 10.255.255.1/m,
          /^BAD {3}redis .*can't be used as a cache/m,
        ],
      ],
      [
        place,
        { TEST_SERVICE_KAFKA_BROKERS: silent, TEST_SERVICE_DATA_DIR: join(file, 'data') },
        [/^BAD {3}kafka .*dataDir .*can't be written to/m],
      ],
      [
        readOnly,
        { TEST_SERVICE_KAFKA_BROKERS: silent, JAVA_HOME: folder.path },
        [/^BAD {3}kafka .*Java 17 or newer is needed/m, /^BAD {3}schema .*takes no writes/m],
      ],
    ];
    const exits = await Promise.all(cases.map(([where, env]) => run(where, ['doctor'], env)));
    for (const [at, [, , lines]] of cases.entries()) {
      expect(exits[at]).toMatchObject({ code: 1, stderr: '' });
      for (const line of lines) expect(exits[at]?.stdout).toMatch(line);
      expect(exits[at]?.stdout).not.toContain('wrong-one');
    }
    await redis.close();
    folder.remove();
  });

  test('a configuration that is wrong is a finding, too', async () => {
    const exit = await runApp(['doctor', '--json'], { env: { TEST_SERVICE_SERVER_PORT: '0' } });
    expect(exit.code).toBe(1);
    expect(JSON.parse(exit.stdout)).toEqual([
      expect.objectContaining({
        check: 'configuration',
        state: 'bad',
        found: expect.stringContaining('server.port is 0'),
      }),
    ]);
  });
});

describe('what can not work ends at once, says why, and leaves nothing running', () => {
  async function failure(args: string[], env: Record<string, string>): Promise<string> {
    const exit = await run(await newPlace(), args, env);
    expect(exit).toMatchObject({ code: 1, stdout: '' });
    expect(exit.stderr).toMatch(/^error: /m);
    expect(exit.stderr).not.toMatch(/^ +at /m);
    return exit.stderr;
  }

  test('a wrong password', async () => {
    const url = new URL((await newPlace()).engines.postgresqlUrl);
    url.password = 'guessed';
    for (const command of [['run'], ['migrate', 'up'], ['migrate', 'status']]) {
      const said = await failure(command, { TEST_SERVICE_POSTGRESQL_URL: url.href });
      expect(said).toContain('password authentication failed');
      expect(said).not.toContain('guessed');
    }
  });

  test('Kafka that is not there, with engines off', async () => {
    const broker = `127.0.0.1:${await freePort()}`;
    const env = { TEST_SERVICE_ENGINES: 'off', TEST_SERVICE_KAFKA_BROKERS: broker };
    for (const command of [['run'], ['produce', '--count', '1']])
      expect(await failure(command, env)).toContain(`Kafka does not answer at ${broker}. Local engines are off`);
  });

  test('a port of an engine that something else has', async () => {
    const other = createServer((socket) => socket.end('hello\n')).listen(0, '127.0.0.1');
    const { port } = Object(other.address());
    const said = await failure(['run'], { TEST_SERVICE_REDIS_URL: `redis://127.0.0.1:${port}/0` });
    other.close();
    expect(said).toContain(`127.0.0.1:${port} is taken by`);
    expect(said).toContain('which is not Redis');
  });

  test('a database server that is not there', async () => {
    const said = await failure(['migrate', 'up', '--wait', '0'], {
      TEST_SERVICE_POSTGRESQL_URL: `postgres://a:b@127.0.0.1:${await freePort()}/x`,
    });
    expect(said).toContain('Start it with make engines-up or docker-compose up -d, or set postgresql.url.');
  });
});
