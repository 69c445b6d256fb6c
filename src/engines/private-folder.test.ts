import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { privateFolder } from './data-folder.ts';
import { acquireLock } from './file-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'test-private-'));
afterAll(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

test('the folder of an engine’s data is its owner’s alone, also where it was open before', () => {
  const fresh = join(folder, 'data/kafka');
  privateFolder(fresh);
  expect(modeOf(fresh)).toBe(0o700);
  const open = join(folder, 'data/open');
  mkdirSync(open, { mode: 0o755 });
  privateFolder(open);
  expect(modeOf(open)).toBe(0o700);
});

test('nobody else can keep a lock', async () => {
  const lock = join(folder, 'run/kafka.lock');
  (await acquireLock(lock))?.();
  expect(modeOf(dirname(lock))).toBe(0o700);
});
