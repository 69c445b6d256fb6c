import { expect, test } from 'bun:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { JSON_TYPE, nameOf, post } from '../../../test/helpers/app-requests.ts';
import { FakeBackend } from '../../../test/helpers/app-under-test.ts';
import { storedOrder } from '../../../test/helpers/stored-order.ts';

const LOOKUP = '/api/v1/orders/lookup';
const NDJSON = { 'content-type': 'application/x-ndjson' };
const orderOf = (uid: string) => storedOrder(uid).order;

test.each([
  ['gzip', gzipSync],
  ['X-Gzip', gzipSync],
  ['zstd', zstdCompressSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
  ['identity', (text: string) => Buffer.from(text)],
] as const)('a body in %s is unpacked, up to the limit', async (coding, pack) => {
  const app = new FakeBackend().add(storedOrder('a')).app({ maxBodyBytes: 1_000 });
  const send = (body: Uint8Array<ArrayBuffer>) => post(app, LOOKUP, body, { ...JSON_TYPE, 'content-encoding': coding });
  expect((await send(new Uint8Array(pack('{"order_uid":"a"}')))).status).toBe(200);
  const padded = (bytes: number) => new Uint8Array(pack(`{"order_uid":"a"${' '.repeat(bytes - 17)}}`));
  expect((await send(padded(1_000))).status).toBe(200);
  expect(await nameOf(send(padded(1_001)))).toEqual([413, 'body-too-large']);
});

test('a body that unpacks to very much is refused while it grows', async () => {
  const app = new FakeBackend().app();
  const bomb = new Uint8Array(zstdCompressSync(Buffer.alloc(400_000_000)));
  const before = process.memoryUsage().rss;
  const answer = post(app, LOOKUP, bomb, { ...JSON_TYPE, 'content-encoding': 'zstd' });
  expect((await nameOf(answer))[0]).toBe(413);
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
});

test('what is not what it says, or in a coding that is not known, is refused', async () => {
  const app = new FakeBackend().app();
  const send = (body: Uint8Array<ArrayBuffer>, coding: string) =>
    post(app, LOOKUP, body, { ...JSON_TYPE, 'content-encoding': coding });
  const packed = new Uint8Array(gzipSync('{"order_uid":"a"}'));
  expect(await nameOf(send(packed.slice(0, -4), 'gzip'))).toEqual([400, 'bad-request']);
  expect(await nameOf(send(packed, 'br'))).toEqual([400, 'bad-request']);
  for (const coding of ['compress', 'gzip, gzip', 'constructor']) {
    const answer = await send(packed, coding);
    expect(answer.headers.get('accept-encoding')).toBe('gzip, zstd, br, deflate');
    expect(await nameOf(answer)).toEqual([415, 'unsupported-media-type']);
  }
});

test('a body of another type is told which one to send, and not that it must be JSON', async () => {
  const answer = await post(new FakeBackend().app(), '/api/v1/orders/bulk', '{}', {
    'content-type': 'text/plain',
  });
  const { title, detail } = await answer.json();
  expect([answer.status, title]).toEqual([415, 'The type of the body is not supported']);
  expect(detail).toBe('Send the header content-type: application/x-ndjson or application/json.');
});

test('a bulk may be packed, written over several lines, a list, or begin with a byte order mark', async () => {
  const text = (orders: unknown) => JSON.stringify(orders, undefined, 2);
  const lines = ['a', 'b'].map((uid) => JSON.stringify(orderOf(uid))).join('\n');
  const bodies: [Uint8Array<ArrayBuffer>, object][] = [
    [new Uint8Array(gzipSync(lines)), { 'content-encoding': 'gzip' }],
    [new TextEncoder().encode(`\uFEFF${lines}`), {}],
    [new TextEncoder().encode(`${text(orderOf('a'))}\n${text(orderOf('b'))}`), {}],
    [new Uint8Array(brotliCompressSync(text([orderOf('a'), orderOf('b')]))), { 'content-encoding': 'br' }],
  ];
  for (const [body, headers] of bodies) {
    const backend = new FakeBackend();
    const answer = await post(backend.app(), '/api/v1/orders/bulk', body, { ...NDJSON, ...headers });
    const summary = JSON.parse((await answer.text()).trimEnd().split('\n').at(-1) ?? '');
    expect(summary).toMatchObject({ summary: { accepted: 2, rejected: 0, complete: true } });
    expect(backend.sent.map(({ uid }) => uid)).toEqual(['a', 'b']);
  }
  const cut = new Uint8Array(gzipSync(lines)).slice(0, -6);
  const answer = await post(new FakeBackend().app(), '/api/v1/orders/bulk', cut, {
    ...NDJSON,
    'content-encoding': 'gzip',
  });
  expect(await answer.text()).toContain('"complete":false,"reason":"body_interrupted"');
});

test('a byte order mark before a single order is no part of it', async () => {
  const backend = new FakeBackend();
  const text = JSON.stringify(orderOf('a'));
  expect((await post(backend.app(), '/api/v1/orders', `\uFEFF${text}`)).status).toBe(202);
  expect(backend.sent).toEqual([{ uid: 'a', value: Buffer.from(text) }]);
});
