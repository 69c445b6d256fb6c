import { expect, test } from 'bun:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { chooseEncoding, encode } from './encodings.ts';

test.each([
  [null, undefined],
  ['', undefined],
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['deflate', undefined],
  ['GZIP;q=0.5, zstd;q=0.8', 'zstd'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['br;q=0, *;q=0.1', 'zstd'],
  ['identity', undefined],
  ['br;q=x', undefined],
] as const)('%s → %s', (header, encoding) => {
  expect(chooseEncoding(header)).toBe(encoding);
});

test('only what is offered is chosen', () => {
  expect(chooseEncoding('br, gzip', ['zstd', 'gzip'])).toBe('gzip');
});

test('each coding gives the bytes back', async () => {
  const bytes = new TextEncoder().encode('a'.repeat(5_000));
  const decoders = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync };
  for (const encoding of ['br', 'zstd', 'gzip'] as const) {
    const coded = await encode(bytes, encoding);
    expect(coded.length).toBeLessThan(200);
    expect(new Uint8Array(decoders[encoding](coded))).toEqual(bytes);
  }
});
