import { afterAll, expect, test } from 'bun:test';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempDir } from '../../../test/helpers/temp-dir.ts';
import { buildWebClient } from './web.ts';

const folder = createTempDir('test-service-bundle-');

afterAll(() => folder.remove());

test('the first of several processes bundles the web console, the others have it from there', async () => {
  const file = join(folder.path, 'web.json');
  const first = await buildWebClient({ file, first: true });
  const other = await buildWebClient({ file, first: false });
  expect(other.page.etag).toBe(first.page.etag);
  expect([...other.files.keys()]).toEqual([...first.files.keys()]);

  const bundled: { path: string; contentType: string; base64: string }[] = JSON.parse(await readFile(file, 'utf8'));
  const base64 = Buffer.from('its own').toString('base64');
  const pages = bundled.filter(({ path }) => path.endsWith('.html'));
  await writeFile(file, JSON.stringify(pages.map((page) => ({ ...page, base64 }))));
  const { page: read } = await buildWebClient({ file, first: false });
  expect(Buffer.from(read.body).toString()).toBe('its own');
});
