import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { referencePages } from '../../scripts/reference.ts';

test('the lists of settings and commands in docs are those of the program: `make reference` writes them', async () => {
  for (const [file, text] of await referencePages()) expect(readFileSync(file, 'utf8')).toBe(text);
}, 60_000);
