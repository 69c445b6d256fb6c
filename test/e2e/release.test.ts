import { afterAll, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createTempDir } from '../helpers/temp-dir.ts';

const ROOT = join(import.meta.dirname, '../..');
const temp = createTempDir('test-release-');
afterAll(() => temp.remove());

/** A repository with all that a release touches. */
for (const file of [
  'package.json',
  'package-lock.json',
  'CHANGELOG.md',
  'scripts/release.ts',
  'Makefile',
  'deploy/helm',
  'docker-compose.yml',
  'Dockerfile',
])
  cpSync(join(ROOT, file), join(temp.path, file), { recursive: true });
const IDENTITY = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };

function run(command: string, ...args: string[]) {
  const env = { ...process.env, ...IDENTITY, GIT_CONFIG_GLOBAL: '/dev/null' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: temp.path, encoding: 'utf8', env });
  return { code: status, out: stdout, said: stderr };
}
const release = (version: string) => run('make', 'release', `VERSION=${version}`, `BUN=${process.execPath}`);
const read = (file: string) => readFileSync(join(temp.path, file), 'utf8');

test('a release sets the version everywhere, moves what is unreleased under it, and tags its commit', () => {
  const rest = read('CHANGELOG.md').slice(read('CHANGELOG.md').indexOf('## 0.1.0'));
  const notes = (unreleased: string) => writeFileSync(join(temp.path, 'CHANGELOG.md'), `# C\n\n${unreleased}${rest}`);
  const commit = () => run('git', 'commit', '-qam', 'Change something');
  run('git', 'init', '-q');
  run('git', 'add', '-A');
  notes('## Unreleased\n\n');
  commit();
  expect(release('9.8.7').said).toContain('CHANGELOG.md has nothing under Unreleased');
  notes('## Unreleased\n\n### Added\n\n- Something.\n\n');
  expect(release('9.8.7').said).toContain('there are changes that are not committed');
  commit();
  expect(release('').said).toContain('say which one');
  expect(release('0.0.1').said).toMatch(/0\.0\.1 is not newer than \d/);
  run('git', 'tag', 'v9.8.7');
  expect(release('9.8.7').said).toContain('the tag v9.8.7 exists');
  run('git', 'tag', '-d', 'v9.8.7');
  expect(run('git', 'status', '--porcelain').out).toBe('');

  // What git refuses after the files have changed.
  const hook = join(temp.path, '.git/hooks/pre-commit');
  const before = run('git', 'rev-parse', 'HEAD').out;
  mkdirSync(dirname(hook), { recursive: true });
  writeFileSync(hook, '#!/bin/sh\necho not today >&2\nexit 1\n', { mode: 0o755 });
  expect(release('9.8.7').said).toContain('error: git commit: not today; nothing is released');
  rmSync(hook);
  run('git', 'config', 'tag.gpgSign', 'true');
  run('git', 'config', 'gpg.program', '/bin/false');
  expect(release('9.8.7').said).toContain('error: git tag: ');
  run('git', 'config', '--unset', 'tag.gpgSign');
  expect(run('git', 'status', '--porcelain').out).toBe('');
  expect(run('git', 'rev-parse', 'HEAD').out).toBe(before);

  expect(release('9.8.7')).toMatchObject({ code: 0, out: expect.stringContaining('released 9.8.7') });
  const day = new Date().toISOString().slice(0, 4);
  expect(read('CHANGELOG.md')).toMatch(
    new RegExp(`^# C\n\n## Unreleased\n\n## 9\\.8\\.7 - ${day}-..-..\n\n### Added\n\n- Something\\.\n\n## 0\\.1\\.0`),
  );
  const lock = JSON.parse(read('package-lock.json'));
  const versions = [JSON.parse(read('package.json')), lock, lock.packages['']].map(({ version }) => version);
  const chart = read('deploy/helm/test-service/Chart.yaml').match(/(?<=ersion: )\d\S+$/gm);
  const images = ['docker-compose.yml', 'Dockerfile'].flatMap(
    (file) => read(file).match(/(?<=test-service:|image\.version=")\d[\d.]+/g) ?? [],
  );
  expect([...versions, ...(chart ?? []), ...images]).toEqual(Array(7).fill('9.8.7'));
  expect(run('git', 'status', '--porcelain').out).toBe('');
  expect(run('git', 'log', '-1', '--format=%s %D').out).toMatch(/^Release 9\.8\.7 .*tag: v9\.8\.7/);
});
