import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManifestWriter } from './manifest.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const header = { seed: 1, count: 10, topic: 'orders', started: '2025-01-01T00:00:00.000Z' };

test('writes a header, and a line at once for each message that is not plain', async () => {
  const path = join(folder, 'manifest.ndjson');
  const manifest = new ManifestWriter(path, header);
  manifest.record([
    { note: undefined, position: { partition: 0, offset: 1n } },
    {
      note: { index: 4, seq: 5, orderUid: 'u4', fault: 'nul', expectedReason: 'nul_character' },
      position: { partition: 3, offset: 17n },
    },
    {
      note: { index: 6, seq: 6, orderUid: 'u2', fault: 'changed', expectedReason: null },
      position: { partition: 1, offset: 2n },
    },
  ]);
  const lines = (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toEqual([
    header,
    {
      index: 4,
      seq: 5,
      order_uid: 'u4',
      fault: 'nul',
      expectedReason: 'nul_character',
      partition: 3,
      offset: 17,
    },
    { index: 6, seq: 6, order_uid: 'u2', fault: 'changed', expectedReason: null, partition: 1, offset: 2 },
  ]);
  manifest.close();
  manifest.close();
});

test('says which file it cannot write', () => {
  expect(() => new ManifestWriter(join(folder, 'none', 'x'), header)).toThrow('--manifest');
});
