import { afterEach, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import pkg from '../../package.json' with { type: 'json' };
import { buildProgram } from '../../src/cmd/app/cli.ts';
import { decodeOrder } from '../../src/order/decode.ts';
import { type AppExit, killRunning, runApp, startProgram } from '../helpers/app-process.ts';
import { createTempDir } from '../helpers/temp-dir.ts';

afterEach(killRunning);

const MAIN = join(import.meta.dirname, '../../src/cmd/app/main.ts');

/** Runs several command lines at once. */
function runAll(...lines: readonly (readonly string[])[]): Promise<AppExit[]> {
  return Promise.all(lines.map((line) => runApp(line)));
}

/** A shell pipeline with `$APP` for the executable. */
function pipeline(script: string): Promise<AppExit> {
  const app = `'${process.execPath}' '${MAIN}'`;
  return startProgram(['bash', '-o', 'pipefail', '-c', script.replaceAll('$APP', app)]).exited;
}

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return help;
}

/** All but the one that shells ask. */
function visibleCommands(program: Command): Command[] {
  return program.createHelp().visibleCommands(program);
}

describe('help', () => {
  test('every command says what it is for, and shows an example', async () => {
    const program = await buildProgram();
    const commands = visibleCommands(program).filter((one) => one.name() !== 'help');
    expect(commands.length).toBeGreaterThan(8);
    for (const command of commands) {
      expect(helpOf(command)).toMatch(/\nExamples?:\n {2}.*test-service /);
      for (const child of command.commands) expect(child.description()).not.toBe('');
    }
  });

  test('is printed on standard output with exit code 0', async () => {
    const [all, run, up, version] = await runAll(['--help'], ['run', '--help'], ['help', 'migrate'], ['--version']);
    for (const exit of [all, run, up, version]) expect(exit).toMatchObject({ code: 0, stderr: '' });
    for (const command of visibleCommands(await buildProgram())) expect(all?.stdout).toContain(`\n  ${command.name()}`);
    expect(run?.stdout).toContain('--config <file>');
    expect(up?.stdout).toContain('create the database if it is missing');
    expect(version?.stdout).toBe(`${pkg.version}\n`);
  });
});

describe('wrong usage ends with exit code 2', () => {
  const cases: [string[], RegExp][] = [
    [['runn'], /unknown command 'runn'[\s\S]*Did you mean run\?/],
    [['migrate', 'upp'], /unknown command 'upp'[\s\S]*Did you mean up\?/],
    [['run', '--jsn'], /unknown option '--jsn'[\s\S]*Did you mean --json\?/],
    [['generate', '--count', 'ten'], /--count[\s\S]*whole number/],
    [['produce', '--faults', 'nonsense=1%'], /--faults[\s\S]*nonsense/],
    [['produce', '--file', '/nowhere', '--count', '3'], /--file can't be combined with --count/],
    [['produce', '--file', '/nowhere'], /can't read \/nowhere/],
    [['produce', '--file', '/'], /\/ is a folder: --file takes one file/],
    [['config', '--log-level', 'loud'], /--log-level: log\.level is "loud"; allowed: error \| warn/],
    [['completion', 'tcsh'], /Allowed choices are zsh, bash, fish/],
    [['config', '--config', '/nowhere.yaml'], /can't read \/nowhere\.yaml/],
    [[], /Usage: test-service/],
  ];
  test('and says what is meant', async () => {
    const exits = await runAll(...cases.map(([line]) => line));
    for (const [at, [, message]] of cases.entries()) {
      expect(exits[at]).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
    }
  });
});

describe('completion', () => {
  test('knows commands, subcommands, options and their values', async () => {
    const [commands, letters, options] = await runAll(
      ['complete', '--', ''],
      ['complete', '--', 'dead-letters', ''],
      ['complete', '--', 'run', '--lo'],
    );
    expect(commands?.stdout).toMatch(/^run\teverything.*\n(.*\t.*\n)+:4\n$/);
    expect(letters?.stdout).toMatch(/^list\t.*\nshow\t/);
    expect(options?.stdout).toStartWith('--log-level\t');
  });

  test('of bash, zsh and fish asks this executable, wherever it lies', async () => {
    const shells = await runAll(['completion', 'bash'], ['completion', 'zsh'], ['completion', 'fish']);
    for (const { code, stdout } of shells) {
      expect(code).toBe(0);
      expect(stdout).toContain("/test-service' complete -- ");
    }
    // bash-completion's own function, in short.
    const words = '_get_comp_words_by_ref() { words=(test-service mig); cur=mig; cword=1; }';
    const ask = `${words}; eval "$(cat)"; __test_service_complete; echo "$COMPREPLY"`;
    const bash = startProgram(['bash', '-c', ask], { input: shells[0]?.stdout ?? '', cwd: '/' });
    expect((await bash.exited).stdout).toBe('migrate\n');
  });
});

describe('configuration', () => {
  test('all its problems are listed at once', async () => {
    const folder = createTempDir();
    const file = join(folder.path, 'bad.yaml');
    writeFileSync(file, 'server:\n  port: many\nkafka:\n  topc: orders\nproducer:\n  rate: 0\n');
    const exit = await runApp(['run', '--config', file], {
      env: { TEST_SERVICE_REDIS_URL: 'http://x', TEST_SERVICE_SERVER_PROT: '1' },
    });
    folder.remove();
    expect(exit).toMatchObject({ code: 2, stdout: '' });
    for (const part of [
      'the configuration has 5 problem(s)',
      'bad.yaml:2:3: server.port is "many"; allowed: integer from 1 to 65535',
      'kafka.topc is not a setting; did you mean kafka.topic?',
      'producer.rate is 0; allowed: number from 0.1',
      'TEST_SERVICE_REDIS_URL: redis.url is wrong: the URL of Redis (***) must be redis://user:password@host:port',
      'TEST_SERVICE_SERVER_PROT is not a setting; did you mean TEST_SERVICE_SERVER_PORT?',
    ]) {
      expect(exit.stderr).toContain(part);
    }
  });

  test('is shown in three forms, never with a password', async () => {
    const env = {
      TEST_SERVICE_POSTGRESQL_URL: 'postgres://someone:hunter2@127.0.0.1:5432/x?sslpassword=hunter3',
      TEST_SERVICE_REDIS_URL: 'redis://:hunter4@127.0.0.1:6379/0',
      TEST_SERVICE_KAFKA_BROKERS: 'a:1,b:2',
    };
    const [yaml, json, variables] = await Promise.all(
      [[], ['--json'], ['--env']].map((form) => runApp(['config', ...form], { env })),
    );
    for (const exit of [yaml, json, variables]) {
      expect(exit).toMatchObject({ code: 0, stderr: '' });
      expect(exit?.stdout).not.toContain('hunter');
    }
    expect(yaml?.stdout).toContain('brokers:\n    - a:1\n    - b:2');
    expect(JSON.parse(json?.stdout ?? '')).toMatchObject({
      kafka: { brokers: ['a:1', 'b:2'] },
      postgresql: { url: expect.stringContaining('someone:***@') },
    });
    expect(variables?.stdout).toContain('\nTEST_SERVICE_KAFKA_BROKERS=a:1,b:2\n');
  });
});

describe('generate', () => {
  test('the same seed gives the same bytes, another one others, and all of them are orders', async () => {
    const line = ['generate', '--count', '200', '--seed'];
    const [one, same, other, tail] = await runAll(
      [...line, '7'],
      [...line, '7'],
      [...line, '8'],
      ['generate', '--count', '50', '--start', '150', '--seed', '7'],
    );
    for (const exit of [one, same, other, tail]) expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(same?.stdout).toBe(one?.stdout ?? '');
    expect(other?.stdout).not.toBe(one?.stdout ?? '');
    const lines = (one?.stdout ?? '').trimEnd().split('\n');
    expect(lines).toHaveLength(200);
    expect(tail?.stdout.trimEnd().split('\n')).toEqual(lines.slice(150));
    for (const text of lines)
      expect(decodeOrder(Buffer.from(text), { maxBytes: 524_288, now: Date.now }).ok).toBe(true);
  });

  test('a reader that has seen enough is no error', async () => {
    const [head, nobody] = await Promise.all([
      pipeline('$APP generate --count 300000 | head -1'),
      pipeline('$APP config --env | true'),
    ]);
    expect(head).toMatchObject({ code: 0, stderr: '' });
    expect(head?.stdout.split('\n')).toHaveLength(2);
    expect(nobody).toMatchObject({ code: 0, stderr: '' });
  });

  test('a disk that is full is one', async () => {
    const exit = await pipeline('$APP generate --count 10 > /dev/full');
    expect(exit.code).toBe(1);
    expect(exit.stderr).toMatch(/^error: can't write to standard output: ENOSPC.*\n$/);
  });
});
