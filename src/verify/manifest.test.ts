import { afterAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTempDir } from '../../test/helpers/temp-dir.ts';
import { type ManifestLine, readManifests } from './manifest.ts';

const folder = createTempDir();
afterAll(() => folder.remove());

const header = { seed: 1, count: null, topic: 'orders', started: '2026-01-15T12:00:00Z' };

async function read(...paths: string[]): Promise<ManifestLine[]> {
  const lines: ManifestLine[] = [];
  for await (const page of readManifests(paths, 'orders')) lines.push(...page);
  return lines;
}

function written(name: string, ...lines: string[]): string {
  const path = join(folder.path, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

test('reads the lines page by page, file after file', async () => {
  const line = {
    index: 1,
    seq: 2,
    order_uid: 'a',
    fault: 'malformed',
    expectedReason: 'not_json',
    partition: 3,
  };
  const lines = Array.from({ length: 1500 }, (_, offset) => JSON.stringify({ ...line, offset }));
  const path = written('many', JSON.stringify(header), ...lines);
  const found = await read(path, written('none', JSON.stringify(header)), path);
  expect(found).toHaveLength(3000);
  expect(found[1499]).toMatchObject({ ...line, offset: 1499 });
});

test('only a line feed ends a line', async () => {
  const line = { order_uid: 'a\u2028b', fault: 'f', expectedReason: null, partition: 0, offset: 0 };
  expect(await read(written('separator', JSON.stringify(header), JSON.stringify(line)))).toEqual([line]);
});

describe('what is no manifest is wrong usage', () => {
  const line = { order_uid: 'a', fault: 'f', expectedReason: null, partition: 0, offset: 0 };
  const cases: [string, string[], string][] = [
    ['nothing', [], 'it is empty'],
    ['an order', [JSON.stringify({ order_uid: 'a' })], 'header'],
    ['another topic’s', [JSON.stringify({ ...header, topic: 'others' })], 'of topic others, not of orders'],
    ['no JSON', [JSON.stringify(header), '{"order'], 'line 2'],
    ['an unknown reason', [header, { ...line, expectedReason: 'x' }].map((one) => JSON.stringify(one)), 'line 2'],
    ['a negative offset', [header, line, { ...line, offset: -1 }].map((one) => JSON.stringify(one)), 'line 3'],
  ];
  for (const [name, lines, message] of cases) {
    test(name, async () => {
      const path = written(name, ...lines);
      await expect(read(path)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(message),
      });
    });
  }

  test('a file that is not there', async () => {
    await expect(read(join(folder.path, 'no-such'))).rejects.toMatchObject({ code: 'usage' });
  });
});
