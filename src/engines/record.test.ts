import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutOne } from './acquire.ts';
import { recordPath } from './data-folder.ts';
import { identifySelf } from './processes.ts';
import { type EngineRecord, readRecord, removeRecord, writeRecord } from './record.ts';

const folder = mkdtempSync(join(tmpdir(), 'test-record-'));
afterAll(() => rmSync(folder, { recursive: true }));

const self = identifySelf();
const gone = { ...self, startedAt: 'earlier' };
const record: EngineRecord = {
  process: self,
  address: { host: '127.0.0.1', port: 1 },
  version: '1',
  keep: false,
  users: [self, gone],
};

test('comes back as written, without the users that have ended', () => {
  const path = recordPath(folder, 'redis');
  writeRecord(path, record);
  expect(readRecord(path)).toEqual({ ...record, users: [self] });
  removeRecord(path);
  removeRecord(path);
  expect(readRecord(path)).toBeUndefined();
});

test('of an engine that has ended, or a damaged file, tells nothing', () => {
  const path = recordPath(folder, 'kafka');
  writeRecord(path, { ...record, process: gone });
  expect(readRecord(path)).toBeUndefined();
  for (const text of ['', '{', '{}', '{"process":{"pid":-1,"startedAt":""}}']) {
    writeFileSync(path, text);
    expect(readRecord(path)).toBeUndefined();
  }
});

test('a process that asked twice is still there after it let go once', () => {
  expect(withoutOne([self, gone, self], self.pid)).toHaveLength(2);
  expect(withoutOne([], 1)).toEqual([]);
});
