import { afterAll, expect, test } from 'bun:test';
import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rotateLog } from './daemon.ts';

const folder = mkdtempSync(join(tmpdir(), 'test-rotation-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a log that grows without bound is kept short while its engine goes on writing', async () => {
  const file = join(folder, 'engine.log');
  const engine = openSync(file, 'a');
  for (const line of ['first', 'second', 'third']) {
    writeSync(engine, `${line}\n`);
    await rotateLog(file, 10);
  }
  expect([readFileSync(file, 'utf8'), readFileSync(`${file}.1`, 'utf8')]).toEqual(['third\n', 'first\nsecond\n']);
  appendFileSync(file, 'fourth\n');
  await rotateLog(file, 10);
  expect([readFileSync(file, 'utf8'), readFileSync(`${file}.1`, 'utf8')]).toEqual(['', 'third\nfourth\n']);
  closeSync(engine);
});
