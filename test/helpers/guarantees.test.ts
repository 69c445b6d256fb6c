import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCS = join(import.meta.dirname, '../../docs');
const LINES = readFileSync(join(DOCS, 'guarantees.md'), 'utf8').split(/\n(?=- |## |\n)/);

test('every line of docs/guarantees.md names a test', () => {
  const lines = LINES.filter((line) => line.startsWith('- '));
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.filter((line) => !/\]\(\.\.\/(test|src)\/\S+\.test\.ts "/.test(line))).toEqual([]);
});

test('every test that docs/guarantees.md names is there', () => {
  const named = LINES.flatMap((line) => [...line.matchAll(/\]\((\S+\.test\.ts) "([^"]+)"\)/g)]);
  const absent = named.filter(([, path = '', name = '']) => {
    const file = join(DOCS, path);
    return !(existsSync(file) && ["'", '`'].some((quote) => readFileSync(file, 'utf8').includes(quote + name + quote)));
  });
  expect(absent.map(([link]) => link)).toEqual([]);
});
