import { afterAll, expect, test } from 'bun:test';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTempDir } from '../../test/helpers/temp-dir.ts';
import { checkDataFolder } from './data-folder.ts';

const folder = createTempDir('test-data-folder-');
afterAll(() => folder.remove());

test('a folder that is still to be made is fine, and is not made', () => {
  const path = join(folder.path, 'not', 'yet');
  checkDataFolder(path);
  expect(existsSync(path)).toBe(false);
});

test('a path that leads through a file is refused in words', () => {
  const file = join(folder.path, 'file');
  writeFileSync(file, '');
  expect(() => checkDataFolder(join(file, 'data'))).toThrow(/^dataDir .*can't be written to/);
});
