import { expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTempDir } from '../../test/helpers/temp-dir.ts';
import { listeningInodes } from './availability.ts';
import { chooseBinaries, findUser, installedBinaries } from './postgresql/binaries.ts';
import { missing, programVersion, runProgram } from './program.ts';
import { quote } from './redis.ts';

const requirement = { title: 'Thing', debian: 'thing', homebrew: 'athing' };
const run = {
  ...requirement,
  purpose: 'it went wrong',
  timeoutMs: 10_000,
  signal: new AbortController().signal,
};

test('the listening socket of a port is found in /proc/net/tcp', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
   1: 0100007F:1538 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1
   2: 0100007F:1539 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1\n`;
  expect(listeningInodes(table, 0x1538)).toEqual(['4711']);
  expect(listeningInodes('', 1)).toEqual([]);
});

test('a user is found by name, with macOS’s negative numbers as the system calls take them', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nnobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false\n';
  expect(findUser(passwd, 'root')).toEqual({ uid: 0, gid: 0 });
  expect(findUser(passwd, 'nobody')).toEqual({ uid: 4_294_967_294, gid: 4_294_967_294 });
  expect(findUser(passwd, 'absent')).toBeUndefined();
});

test('of the PostgreSQL that is installed, the version that wrote the data is taken, then the one on the PATH', () => {
  const { path, remove } = createTempDir('test-programs-');
  const before = process.env['PATH'];
  try {
    writeFileSync(join(path, 'initdb'), '');
    writeFileSync(join(path, 'postgres'), '#!/bin/sh\necho "postgres (PostgreSQL) 17.6 (Debian 17.6-1)"\n', {
      mode: 0o755,
    });
    process.env['PATH'] = path;
    const [first, ...others] = installedBinaries(undefined);
    expect(first).toEqual({ bin: path, version: '17.6' });
    const [newer, old] = [
      { bin: '/newer', version: '18.1' },
      { bin: '/old', version: '15.18' },
    ];
    const installed = [old, { bin: path, version: '17.6' }, newer, ...others];
    expect(chooseBinaries(installed).version).toBe('17.6');
    expect(chooseBinaries(installed, '18')).toBe(newer);
    expect(() => chooseBinaries([old], '15')).toThrow(
      /^PostgreSQL 17 or newer is needed .* but \/old\/postgres is another version/,
    );
    expect(() => chooseBinaries([])).toThrow(
      /postgres is not installed. On Debian or Ubuntu: apt-get install postgresql/,
    );
  } finally {
    process.env['PATH'] = before;
    remove();
  }
});

test('a value with quotes, backslashes and line ends stays one word of redis.conf', () => {
  expect(quote('a "b" \\ c\nd')).toBe('"a \\"b\\" \\\\ c\\nd"');
});

test('a program that is not there is named, with the command that installs it', async () => {
  const version = programVersion('no-such-program', ['--version'], /v(\d+)/, requirement);
  await expect(version).rejects.toMatchObject({
    code: 'engine_missing',
    message: expect.stringMatching(
      /no-such-program is not installed.*apt-get install thing; on macOS: brew install athing/,
    ),
  });
  await expect(programVersion('true', [], /v(\d+)/, requirement)).rejects.toThrow(/true is another version/);
  await expect(runProgram('no-such-program', [], run)).rejects.toMatchObject({ code: 'engine_missing' });
  expect(missing('x', requirement, new Error('boom')).message).toContain('x does not run (boom)');
});

test('the end of a failed program’s output stands in the error', async () => {
  const failure = runProgram('sh', ['-c', 'echo first; echo last >&2; exit 3'], run);
  await expect(failure).rejects.toMatchObject({
    code: 'engine_start_failed',
    message: expect.stringMatching(/^it went wrong \(sh: exit code 3\)\.[\s\S]*first[\s\S]*last/),
  });
  await runProgram('true', [], run);
});

test('a program that is given up is killed with its children', async () => {
  const aborted = runProgram('sh', ['-c', 'sleep 60; true'], { ...run, signal: AbortSignal.timeout(50) });
  await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
  const late = runProgram('sh', ['-c', 'sleep 60; true'], { ...run, timeoutMs: 50 });
  await expect(late).rejects.toMatchObject({ code: 'engine_start_failed' });
});

test('a program gets none of the variables that would change what it does', async () => {
  const traps = ['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', 'KAFKA_OPTS', 'PGDATA', 'NODE_OPTIONS'];
  for (const trap of traps) process.env[trap] = 'trap';
  try {
    const shown = traps.map((trap) => `"$${trap}"`).join('');
    await runProgram('sh', ['-c', `test -z ${shown}`], run);
    await expect(programVersion('sh', ['-c', `echo ${shown}v1`], /^v(1)/, requirement)).resolves.toBe('1');
  } finally {
    for (const trap of traps) delete process.env[trap];
  }
});
