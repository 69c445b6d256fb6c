/**
 * `make release VERSION=1.2.3`: gives what is unreleased a version. Moves it in CHANGELOG.md under the version, sets the
 * version wherever it is written, commits, and tags the commit. Whatever fails, all is as it was before.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const UNRELEASED = '## Unreleased\n';

function git(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' });
  if (status !== 0) stop(`git ${args[0]}: ${stderr.trim()}`);
  return stdout.trim();
}

/** Takes back what has been done so far. */
let undo = (): void => {};

function stop(why: string): never {
  undo();
  process.stderr.write(`error: ${why}; nothing is released\n`);
  process.exit(1);
}

/** The text with each match of the pattern's version replaced. */
function withVersion(text: string, pattern: RegExp, file: string): string {
  if (!pattern.test(text)) stop(`${file} has no version`);
  return text.replace(pattern, `$1${version}`);
}

function isNewer(a: string, b: string): boolean {
  const [left, right] = [a, b].map((one) => one.split('.').map(Number));
  const at = [0, 1, 2].find((part) => left?.[part] !== right?.[part]);
  return at !== undefined && (left?.[at] ?? 0) > (right?.[at] ?? 0);
}

const version = process.argv[2] ?? '';
if (!/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(version)) stop('say which one: make release VERSION=1.2.3');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const before: { version: string } = JSON.parse(read('package.json'));
if (!isNewer(version, before.version)) stop(`${version} is not newer than ${before.version}`);
if (git('status', '--porcelain') !== '') stop('there are changes that are not committed');
if (git('tag', '--list', `v${version}`) !== '') stop(`the tag v${version} exists`);
const changelog = read('CHANGELOG.md');
const [, unreleased = ''] = /^## Unreleased\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(changelog) ?? [];
if (unreleased.trim() === '') stop('CHANGELOG.md has nothing under Unreleased');

const day = new Date().toISOString().slice(0, 10);
const lock = 'package-lock.json';
const chart = 'deploy/helm/test-service/Chart.yaml';
const compose = 'docker-compose.yml';
const files: Readonly<Record<string, string>> = {
  'CHANGELOG.md': changelog.replace(UNRELEASED, `${UNRELEASED}\n## ${version} - ${day}\n`),
  'package.json': withVersion(read('package.json'), /^( {2}"version": ")[^"]+/m, 'package.json'),
  // The package itself stands at the top, and once more as the first of the packages.
  [lock]: withVersion(
    withVersion(read(lock), /^( {2}"version": ")[^"]+/m, lock),
    /^( {4}"": \{\n {6}"name": "test-service",\n {6}"version": ")[^"]+/m,
    lock,
  ),
  [chart]: withVersion(read(chart), /^((?:appV|v)ersion: )\S+/gm, chart),
  [compose]: withVersion(read(compose), /( image: test-service:)\S+/, compose),
  Dockerfile: withVersion(read('Dockerfile'), /(image\.version=")[^"]+/, 'Dockerfile'),
};
const head = git('rev-parse', 'HEAD');
undo = () => void spawnSync('git', ['-C', root, 'reset', '--quiet', '--hard', head]);
try {
  for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text);
} catch (error) {
  stop(error instanceof Error ? error.message : String(error));
}
git('commit', '--quiet', '--all', '--message', `Release ${version}`);
git('tag', '--annotate', '--message', `Release ${version}`, `v${version}`);
process.stdout.write(`released ${version}: push it with git push --follow-tags\n`);
