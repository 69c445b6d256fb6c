import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SentMessage } from './delivery.ts';
import { KeptManifest, ManifestWriter } from './manifest.ts';
import { orderUid } from './order-uid.ts';

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
      note: { seed: 1, index: 4, seq: 5, orderUid: 'u4', fault: 'nul', expectedReason: 'nul_character' },
      position: { partition: 3, offset: 17n },
    },
    {
      note: { seed: 1, index: 6, seq: 6, orderUid: 'u2', fault: 'changed', expectedReason: null },
      position: { partition: 1, offset: 2n },
    },
    { note: undefined, step: { index: 0, step: 2, state: 'assembled' }, position: { partition: 2, offset: 5n } },
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
    {
      index: 0,
      order_uid: orderUid(1, 0),
      fault: null,
      step: 2,
      state: 'assembled',
      expectedReason: null,
      partition: 2,
      offset: 5,
    },
  ]);
  manifest.close();
  manifest.close();
});

test('one in memory keeps the last faults, and says that others may send, too', () => {
  const kept = new KeptManifest('orders');
  const sent = (index: number): SentMessage => ({
    note: { seed: 9, index, seq: index, orderUid: `u${index}`, fault: 'nul', expectedReason: 'nul_character' },
    position: { partition: 3, offset: BigInt(index) },
  });
  kept.record([{ note: undefined, position: { partition: 0, offset: 1n } }, sent(4)]);
  const lines = (): string[] => kept.text(7).trimEnd().split('\n');
  const [first, second, ...more] = lines().map((line) => JSON.parse(line));
  expect(first).toMatchObject({ seed: 7, count: null, topic: 'orders', partial: true });
  expect(second).toMatchObject({ seed: 9, index: 4, order_uid: 'u4', fault: 'nul', partition: 3, offset: 4 });
  expect([more, kept.size]).toEqual([[], 1]);
  for (let at = 0; at < 120; at += 1) kept.record(Array.from({ length: 1_000 }, (_, n) => sent(at * 1_000 + n)));
  expect([kept.size, lines().length]).toEqual([100_000, 100_001]);
  expect(JSON.parse(lines()[1] ?? '').index).toBe(20_000);
});

test('says which file it cannot write', () => {
  expect(() => new ManifestWriter(join(folder, 'none', 'x'), header)).toThrow('--manifest');
});
